;; Logs at a level that the contract does not have.
;; ends: trap
(module
  (import "ringfence:call/log@0.1.0" "write" (func $write (param i32 i32 i32 i32)))
  (func (export "run") (param i32) (result i32)
    (call $write (i32.const 4711) (i32.const 0) (i32.const 0) (i32.const 128))
    unreachable))
