;; Tells the time.
(component
  (import "wasi:clocks/wall-clock@0.2.6" (instance $clock
    (type $datetime-t (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $datetime (eq $datetime-t)))
    (export "now" (func (result $datetime)))))
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "wasi" "now" (func $now (param i32)))
    (func (export "run") (result i32)
      (call $now (i32.const 16))
      (i32.load (i32.const 16))))
  (core func $now (canon lower (func $clock "now") (memory (core memory $libc "memory"))))
  (core instance $i (instantiate $m
    (with "libc" (instance $libc))
    (with "wasi" (instance (export "now" (func $now))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
