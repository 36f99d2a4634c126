;; Exports of the right names and other types.
;; whole
;; ends: start-failed or trap
(component
  (core module $m
    (func (export "prepare"))
    (func (export "run") (result i32) i32.const 1)
    (func (export "check") (param i32) (result i32) i32.const 1))
  (core instance $i (instantiate $m))
  (func (export "prepare") (canon lift (core func $i "prepare")))
  (func (export "run") (result u32) (canon lift (core func $i "run")))
  (func (export "check") (param "x" u32) (result u32) (canon lift (core func $i "check"))))
