;; A component of another world: it exports a function that nobody asks for.
;; whole
;; ends: start-failed
(component
  (core module $m (func (export "f") (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func (export "serve") (result u32) (canon lift (core func $i "f"))))
