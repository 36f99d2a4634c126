;; Fails with a message that is no UTF-8.
;; ends: trap
(module
  (memory (export "memory") 4)
  (data (i32.const 100) "\ff\fe\80")
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 64) (i32.const 1))
    (i32.store (i32.const 68) (i32.const 100))
    (i32.store (i32.const 72) (i32.const 3))
    (i32.const 64)))
