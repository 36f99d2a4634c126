;; Its answer is neither success nor failure.
;; ends: trap
(module (func (export "run") (param i32) (result i32)
  (i32.store (i32.const 64) (i32.const 77))
  (i32.const 64)))
