;; Text where a component should be.
;; raw
;; ends: start-failed
;; error: not a WebAssembly component
this is no WebAssembly
