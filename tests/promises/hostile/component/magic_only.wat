;; The first eight bytes of a component, and nothing after them: a component without exports.
;; keep: 8
;; ends: start-failed
(module)
