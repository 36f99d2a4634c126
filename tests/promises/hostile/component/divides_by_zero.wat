;; The other traps of arithmetic.
;; ends: trap
;; error: divide by zero
(module (func (export "run") (param i32) (result i32)
  (i32.div_u (i32.const 1) (i32.const 0))))
