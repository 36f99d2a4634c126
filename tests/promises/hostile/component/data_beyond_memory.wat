;; A data segment that begins where memory ends.
;; ends: trap
;; error: out of bounds
(module (memory (export "memory") 1) (data (i32.const 65530) "more than six bytes"))
