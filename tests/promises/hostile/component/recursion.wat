;; Calls itself until the stack is full.
;; ends: stack-limit
(module
  (func $f (param i32) (result i32)
    (i32.add (call $f (local.get 0)) (call $f (local.get 0))))
  (func (export "run") (param i32) (result i32) (call $f (i32.const 0))))
