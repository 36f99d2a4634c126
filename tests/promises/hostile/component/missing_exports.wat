;; Only one of the functions that the world wants.
;; whole
;; ends: start-failed
(component
  (core module $m (func (export "prepare")))
  (core instance $i (instantiate $m))
  (func (export "prepare") (canon lift (core func $i "prepare"))))
