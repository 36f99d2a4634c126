;; Throws an exception that nobody catches: it must not pass through the server's frames.
;; ends: trap
(module
  (tag $oops)
  (func (export "run") (param i32) (result i32) (throw $oops)))
