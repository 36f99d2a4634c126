;; Grows its memory until it is refused, then goes on without it, as it may: growth is answered by -1.
;; ends: ok
(module
  (memory (export "memory") 1)
  (func (export "run") (param i32) (result i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i32.store (i32.const 64) (i32.const 0))
    i32.const 64))
