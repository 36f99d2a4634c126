;; Fifty instances of a module in one component, each with a memory and a table.
;; whole
;; ends: start-failed
(component
  (core module $m (memory 1) (table 10 funcref) (func (export "prepare")))
  (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m))
  (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m))
  (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m)) (core instance (instantiate $m))
  (core instance $i (instantiate $m))
  (func (export "prepare") (canon lift (core func $i "prepare"))))
