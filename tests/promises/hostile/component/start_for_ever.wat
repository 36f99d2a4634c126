;; A start function that never ends: the instance is never built.
;; ends: cpu-limit
(module (start $start) (func $start (loop (br 0))))
