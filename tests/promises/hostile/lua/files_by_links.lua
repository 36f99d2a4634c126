-- Links in the granted folder that lead out of it.
-- lua: all
-- ends: ok
for _, name in ipairs({ "link-to-secret", "link-up", "link-to-itself", "link-to-root/etc/passwd", "link-to-proc/environ", "link-to-proc/mem", "link-to-root", "./link-to-root/../etc/passwd" }) do
    name = "@GRANTED@/" .. name
    for _, mode in ipairs({ "r", "w", "a", "r+", "w+" }) do
        local file = io.open(name, mode)
        assert(not file or not file:read(1), name)
    end
    assert(not os.rename("@GRANTED@/nothing", name), name)
    assert(not pcall(dofile, name), name)
end
assert(not os.rename("@GRANTED@/link-to-root/etc/hostname", "@GRANTED@/stolen"))
