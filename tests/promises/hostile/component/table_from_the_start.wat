;; A table of four thousand million elements.
;; ends: start-failed
(module (table 0xfffffff0 funcref))
