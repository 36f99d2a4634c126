;; The plainest loop.
;; ends: cpu-limit
(module (func (export "run") (param i32) (result i32) (loop (br 0)) unreachable))
