;; The preparation traps.
;; Of a component that is the script itself nothing runs ahead of its call, so this one does nothing.
;; ends: ok
(module (func (export "prepare") unreachable))
