;; Waits for an operation that was not started, and changes one that does not run.
;; ends: ok
(module
  (import "ringfence:call/session@0.1.0" "current" (func $current (param i32)))
  (import "ringfence:call/session@0.1.0" "[method]session.next-event" (func $next (param i32 i32)))
  (func (export "run") (param i32) (result i32)
    (call $current (i32.const 64))
    (call $next (i32.load (i32.const 68)) (i32.const 1024))
    (call $next (i32.load (i32.const 68)) (i32.const 1024))
    (i32.store (i32.const 64) (i32.const 0))
    (i32.const 64)))
