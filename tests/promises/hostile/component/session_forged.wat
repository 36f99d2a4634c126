;; Uses a session by a handle that it made up.
;; ends: trap
;; error: handle
(module
  (import "ringfence:call/session@0.1.0" "[method]session.ready" (func $ready (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (call $ready (i32.const 12345))))
