;; Gives its session back twice.
;; ends: trap
;; error: handle
(module
  (import "ringfence:call/session@0.1.0" "current" (func $current (param i32)))
  (import "ringfence:call/session@0.1.0" "[resource-drop]session" (func $drop (param i32)))
  (func (export "run") (param i32) (result i32)
    (call $current (i32.const 64))
    (call $drop (i32.load (i32.const 68)))
    (call $drop (i32.load (i32.const 68)))
    unreachable))
