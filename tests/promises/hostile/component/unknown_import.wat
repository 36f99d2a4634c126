;; Wants an interface that the server does not have.
;; whole
;; ends: start-failed
(component
  (import "wasi:sockets/tcp@9.9.9" (instance (export "connect" (func))))
  (import "ringfence:call/everything@0.1.0" (instance (export "shutdown" (func)))))
