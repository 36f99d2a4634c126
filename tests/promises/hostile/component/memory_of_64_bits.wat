;; A memory addressed by 64 bits, which the pool has no place for.
;; whole
;; ends: start-failed
(component
  (core module $m (memory i64 0xffffffffffff)))
