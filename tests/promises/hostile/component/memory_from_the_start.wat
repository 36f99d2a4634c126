;; Wants four gigabytes before it does anything.
;; ends: start-failed
(module (memory (export "memory") 65535))
