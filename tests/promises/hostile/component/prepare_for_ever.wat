;; The preparation ahead of the snapshot never ends.
;; Of a component that is the script itself nothing runs ahead of its call, so this one does nothing.
;; ends: ok
(module (func (export "prepare") (loop (br 0))))
