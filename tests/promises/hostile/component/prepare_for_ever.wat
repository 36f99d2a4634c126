;; The preparation ahead of the snapshot never ends.
;; ends: start-failed
(module (func (export "prepare") (loop (br 0))))
