;; Calls through a table: an empty place, then a function of another type.
;; ends: trap
;; error: indirect
(module
  (table 2 funcref)
  (elem (i32.const 1) func $other)
  (func $other)
  (func (export "run") (param i32) (result i32)
    (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 1))))
