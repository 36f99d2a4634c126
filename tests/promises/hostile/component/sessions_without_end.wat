;; Asks for its session again and again and keeps every handle.
;; ends: handle-limit
(module
  (import "ringfence:call/session@0.1.0" "current" (func $current (param i32)))
  (func (export "run") (param i32) (result i32)
    (loop $again
      (call $current (i32.const 64))
      (br $again))
    unreachable))
