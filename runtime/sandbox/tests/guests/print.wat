;; Writes a text to stdout, then another to stderr; `times` times. Its preparation does nothing.
(component
  (import "wasi:io/error@0.2.6" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error))
  (import "wasi:io/streams@0.2.6" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-t))
    (export "error" (type $error (eq $error-t)))
    (type $stream-error-t (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-t)))
    (type $written (result (error $stream-error)))
    (type $contents (list u8))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" $contents) (result $written)))))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.6" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream-t))
    (export "output-stream" (type $output-stream (eq $output-stream-t)))
    (export "get-stdout" (func (result (own $output-stream))))))
  (import "wasi:cli/stderr@0.2.6" (instance $stderr
    (alias outer 1 $output-stream (type $output-stream-t))
    (export "output-stream" (type $output-stream (eq $output-stream-t)))
    (export "get-stderr" (func (result (own $output-stream))))))

  (core module $libc
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))

  (core module $m
    (import "wasi" "write" (func $write (param i32 i32 i32 i32)))
    (import "wasi" "stdout" (func $stdout (result i32)))
    (import "wasi" "stderr" (func $stderr (result i32)))
    (func (export "prepare"))
    ;; Two texts, times.
    (func (export "print") (param i32 i32 i32 i32 i32)
      (local $out i32) (local $err i32)
      (local.set $out (call $stdout))
      (local.set $err (call $stderr))
      (loop $again
        (call $write (local.get $out) (local.get 0) (local.get 1) (i32.const 16))
        (call $write (local.get $err) (local.get 2) (local.get 3) (i32.const 16))
        (local.set 4 (i32.sub (local.get 4) (i32.const 1)))
        (br_if $again (local.get 4)))))

  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core func $stdout (canon lower (func $stdout "get-stdout")))
  (core func $stderr (canon lower (func $stderr "get-stderr")))
  (core instance $i (instantiate $m
    (with "wasi" (instance
      (export "write" (func $write))
      (export "stdout" (func $stdout))
      (export "stderr" (func $stderr))))))
  (func (export "prepare") (canon lift (core func $i "prepare")))
  (func (export "print") (param "out" string) (param "err" string) (param "times" u32)
    (canon lift (core func $i "print") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
