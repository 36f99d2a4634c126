-- Native libraries.
-- lua: all
-- ends: ok
assert(not package.loadlib("/lib/x86_64-linux-gnu/libc.so.6", "system"))
assert(not package.loadlib("/lib/x86_64-linux-gnu/libc.so.6", "*"))
package.cpath = "/lib/x86_64-linux-gnu/?.so.6"
for _, name in ipairs({ "libc", "socket.unix", "posix.fcntl", "ffi", "jit", "lfs.core", "wasi_snapshot_preview1" }) do
    assert(not pcall(require, name), name)
end
-- The server's own of that name open nothing.
for _, name in ipairs({ "tcp", "udp", "connect", "bind" }) do
    assert(not pcall(require("socket")[name], "127.0.0.1", 22), name)
end
assert(not require("socket.http").request("http://127.0.0.1/"))
assert(not require("lfs").attributes("/etc/passwd"))
assert(not pcall(require("lfs").dir, "/"))
