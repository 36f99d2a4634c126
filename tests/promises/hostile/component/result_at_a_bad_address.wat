;; Its answer lies outside of its memory.
;; ends: trap
(module (func (export "run") (param i32) (result i32) (i32.const -4)))
