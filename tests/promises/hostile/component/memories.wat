;; A hundred memories.
;; whole
;; ends: start-failed
(component
  (core module $m (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16)
    (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16)))
