;; An empty file.
;; keep: 0
;; ends: start-failed
(module)
