;; A start function that traps.
;; ends: trap
(module (start $start) (func $start unreachable))
