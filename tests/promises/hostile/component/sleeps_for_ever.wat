;; Sleeps for the age of the universe; an operator ends it.
;; ends: wall-limit
;; with: wall-limit=1
(module
  (import "ringfence:call/api@0.1.0" "sleep" (func $sleep (param i64)))
  (func (export "run") (param i32) (result i32)
    (call $sleep (i64.const -1))
    i32.const 64))
