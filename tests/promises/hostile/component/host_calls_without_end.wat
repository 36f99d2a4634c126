;; Asks the time as often as it can.
;; ends: host-call-limit
(module
  (import "ringfence:call/session@0.1.0" "current" (func $current (param i32)))
  (import "ringfence:call/session@0.1.0" "[method]session.ready" (func $ready (param i32) (result i32)))
  (func (export "run") (param i32) (result i32)
    (call $current (i32.const 64))
    (loop $again
      (drop (call $ready (i32.load (i32.const 68))))
      (br $again))
    unreachable))
