;; Not hostile: shows that the components of these cases run at all.
;; ends: ok
(module)
