;; A component that ends in its middle.
;; keep: 200
;; ends: start-failed
(module)
