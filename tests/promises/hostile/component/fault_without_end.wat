;; Fails with a message that is four gigabytes long by its own account.
;; ends: trap
(module (func (export "run") (param i32) (result i32)
  (i32.store (i32.const 64) (i32.const 1))
  (i32.store (i32.const 68) (i32.const 100))
  (i32.store (i32.const 72) (i32.const -1))
  (i32.const 64)))
