;; Grows its table until it is refused, then uses what it asked for.
;; ends: trap
;; error: table
(module
  (table $t 1 funcref)
  (func (export "run") (param i32) (result i32)
    (loop $more
      (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
    (table.set $t (i32.const 10000000) (ref.null func))
    unreachable))
