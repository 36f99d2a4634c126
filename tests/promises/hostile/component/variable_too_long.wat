;; Asks for a variable whose name is three megabytes long, which is no variable; then for one of five
;; gigabytes by its own account.
;; ends: trap
(module
  (import "ringfence:call/session@0.1.0" "current" (func $current (param i32)))
  (import "ringfence:call/session@0.1.0" "[method]session.get-variable" (func $variable (param i32 i32 i32 i32)))
  (memory (export "memory") 64)
  (func (export "run") (param i32) (result i32)
    (call $current (i32.const 64))
    (call $variable (i32.load (i32.const 68)) (i32.const 100) (i32.const 3000000) (i32.const 80))
    (if (i32.load8_u (i32.const 80)) (then (return (i32.const 65))))
    (call $variable (i32.load (i32.const 68)) (i32.const 100) (i32.const -1) (i32.const 80))
    unreachable))
