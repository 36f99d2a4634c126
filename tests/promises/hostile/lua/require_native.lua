-- Native libraries.
-- lua: all
-- ends: ok
assert(not package.loadlib("/lib/x86_64-linux-gnu/libc.so.6", "system"))
assert(not package.loadlib("/lib/x86_64-linux-gnu/libc.so.6", "*"))
package.cpath = "/lib/x86_64-linux-gnu/?.so.6"
for _, name in ipairs({ "libc", "socket", "socket.core", "posix", "ffi", "jit", "lfs", "wasi_snapshot_preview1" }) do
    assert(not pcall(require, name), name)
end
