;; Reads at the end of the address space.
;; ends: trap
;; error: out of bounds
(module (func (export "run") (param i32) (result i32)
  (i32.load offset=0xffffffff (i32.const 0xffffffff))))
