;; Throws and catches without end; each throw takes memory of the collector's heap.
;; ends: cpu-limit
(module
  (tag $oops (param i32))
  (func $throws (throw $oops (i32.const 1)))
  (func (export "run") (param i32) (result i32)
    (loop $again
      (block $caught (result i32)
        (try_table (catch $oops $caught) (call $throws))
        (i32.const 0))
      (drop)
      (br $again))
    unreachable))
