;; Twenty thousand functions that nobody calls: compiling them takes all processors for a while.
;; functions: 20000
;; ends: ok
(module)
