;; The preparation takes all memory and writes to it, so that the snapshot would be as large.
;; Of a component that is the script itself nothing runs ahead of its call, so this one does nothing.
;; ends: ok
(module
  (memory (export "memory") 1)
  (func (export "prepare")
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))))
