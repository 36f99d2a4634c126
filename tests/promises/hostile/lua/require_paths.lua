-- Modules by names and paths that lead elsewhere.
-- lua: all
-- ends: ok
for _, name in ipairs({ "../../../../etc/passwd", "/etc/passwd", "..", "", "\0", "x\0y", ("x"):rep(10 ^ 6), ("../"):rep(10 ^ 4), "%", "%1", "?" }) do
    assert(not pcall(require, name), name)
end
for _, path in ipairs({ "/etc/?", "/proc/self/?", "@SECRET@", "@GRANTED@/link-to-root/etc/?", "?", ";;;", ("?"):rep(1000), "" }) do
    package.path = path
    assert(not pcall(require, "passwd"), path)
    assert(not pcall(require, "environ"), path)
end
