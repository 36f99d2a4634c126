;; Traps at once.
;; ends: trap
;; error: unreachable
(module (func (export "run") (param i32) (result i32) unreachable))
