;; The preparation traps.
;; ends: start-failed
(module (func (export "prepare") unreachable))
