;; Opens a file in its first directory. `open` answers 0 when it could, 1 + error-code when not,
;; and 1000 when it was given no directory. `often` opens a file so many times, closing each when told
;; to, and answers how often it could.
(component
  (import "wasi:filesystem/types@0.2.6" (instance $types
    (export "descriptor" (type $descriptor (sub resource)))
    (type $path-flags-t (flags "symlink-follow"))
    (export "path-flags" (type $path-flags (eq $path-flags-t)))
    (type $open-flags-t (flags "create" "directory" "exclusive" "truncate"))
    (export "open-flags" (type $open-flags (eq $open-flags-t)))
    (type $descriptor-flags-t (flags "read" "write" "file-integrity-sync" "data-integrity-sync"
      "requested-write-sync" "mutate-directory"))
    (export "descriptor-flags" (type $descriptor-flags (eq $descriptor-flags-t)))
    (type $error-code-t (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock"
      "quota" "exist" "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted" "invalid"
      "io" "is-directory" "loop" "too-many-links" "message-size" "name-too-long" "no-device"
      "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory" "not-empty"
      "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow" "not-permitted" "pipe"
      "read-only" "invalid-seek" "text-file-busy" "cross-device"))
    (export "error-code" (type $error-code (eq $error-code-t)))
    (type $opened (result (own $descriptor) (error $error-code)))
    (export "[method]descriptor.open-at" (func (param "self" (borrow $descriptor))
      (param "path-flags" $path-flags) (param "path" string) (param "open-flags" $open-flags)
      (param "flags" $descriptor-flags) (result $opened)))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.6" (instance $preopens
    (alias outer 1 $descriptor (type $descriptor-t))
    (export "descriptor" (type $descriptor (eq $descriptor-t)))
    (type $directory (tuple (own $descriptor) string))
    (type $directories (list $directory))
    (export "get-directories" (func (result $directories)))))

  ;; The memory, and an allocator that never frees.
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))

  (core module $m
    (import "libc" "memory" (memory 1))
    (import "wasi" "get-directories" (func $get-directories (param i32)))
    (import "wasi" "open-at" (func $open-at (param i32 i32 i32 i32 i32 i32 i32)))
    (import "wasi" "close" (func $close (param i32)))
    ;; Path, times, whether to close.
    (func (export "often") (param i32 i32 i32 i32) (result i32)
      (local $opened i32)
      (call $get-directories (i32.const 16))
      (loop $more
        (call $open-at
          (i32.load (i32.load (i32.const 16)))
          (i32.const 1)
          (local.get 0) (local.get 1) (i32.const 0) (i32.const 1)
          (i32.const 32))
        (if (i32.eqz (i32.load8_u (i32.const 32))) (then
          (local.set $opened (i32.add (local.get $opened) (i32.const 1)))
          (if (local.get 3) (then (call $close (i32.load (i32.const 36)))))))
        (local.set 2 (i32.sub (local.get 2) (i32.const 1)))
        (br_if $more (local.get 2)))
      (local.get $opened))
    ;; Path, open-flags, descriptor-flags.
    (func (export "open") (param i32 i32 i32 i32) (result i32)
      (call $get-directories (i32.const 16))
      (if (i32.eqz (i32.load (i32.const 20))) (then (return (i32.const 1000))))
      (call $open-at
        (i32.load (i32.load (i32.const 16)))
        (i32.const 1)
        (local.get 0) (local.get 1) (local.get 2) (local.get 3)
        (i32.const 32))
      (if (result i32) (i32.load8_u (i32.const 32))
        (then (i32.add (i32.const 1) (i32.load8_u (i32.const 36))))
        (else (i32.const 0)))))

  (core func $get-directories (canon lower (func $preopens "get-directories")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $open-at (canon lower (func $types "[method]descriptor.open-at")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $close (canon resource.drop $descriptor))
  (core instance $i (instantiate $m
    (with "libc" (instance $libc))
    (with "wasi" (instance
      (export "get-directories" (func $get-directories))
      (export "open-at" (func $open-at))
      (export "close" (func $close))))))
  (func (export "often") (param "path" string) (param "times" u32) (param "close" u32) (result u32)
    (canon lift (core func $i "often") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (func (export "open") (param "path" string) (param "open" u32) (param "flags" u32) (result u32)
    (canon lift (core func $i "open") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
