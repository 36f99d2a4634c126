;; Copies its whole memory within itself, for ever: long instructions between two looks at the clock.
;; ends: cpu-limit
(module
  (memory (export "memory") 160)
  (func (export "run") (param i32) (result i32)
    (loop $again
      (memory.copy (i32.const 1) (i32.const 0) (i32.const 10000000))
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 10000000))
      (br $again))
    unreachable))
