;; Fails with a message that looks like lines of the server's log.
;; ends: error
(module
  (memory (export "memory") 4)
  (data (i32.const 100) "x\0a2026-01-01T00:00:00Z ERROR FORGED line\0d\1b[2J\0a")
  (func (export "run") (param i32) (result i32)
    (i32.store (i32.const 64) (i32.const 1))
    (i32.store (i32.const 68) (i32.const 100))
    (i32.store (i32.const 72) (i32.const 46))
    (i32.store (i32.const 76) (i32.const 100))
    (i32.store (i32.const 80) (i32.const 46))
    (i32.const 64)))
