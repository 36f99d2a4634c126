;; Asks for memory for ever, most of the time in vain, and touches what it got.
;; ends: cpu-limit
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32) (result i32)
    (loop $more
      (drop (memory.grow (i32.const 16)))
      (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
      (br $more))
    unreachable))
