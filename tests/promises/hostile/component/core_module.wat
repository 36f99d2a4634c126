;; A core module, as `clang --target=wasm32` makes them, instead of a component.
;; whole
;; ends: start-failed
(module (func (export "run")))
