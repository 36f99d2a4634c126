-- Files that are not granted, by absolute names, by `..`, by tricks with both.
-- lua: all
-- ends: ok
for _, name in ipairs({
    "/etc/passwd", "/etc/shadow", "/proc/self/mem", "/proc/self/environ", "/proc/1/environ", "/proc/self/fd/0",
    "/proc/self/root/etc/passwd", "/dev/mem", "/dev/zero", "/dev/stdin", "/sys/kernel/notes", "/", ".", "..",
    "../../etc/passwd", "@GRANTED@/../secret.txt", "@GRANTED@/./.././secret.txt", "@SECRET@",
    "@GRANTED@/nothing/../../secret.txt", "//etc/passwd", "/./etc/passwd", "@GRANTED@/\0/../../secret.txt",
    "@GRANTED@\0/../secret.txt", "@GRANTED@/..", "@GRANTED@2/x", "@GRANTED@" .. ("/."):rep(10 ^ 5) .. "/../secret.txt",
    ("../"):rep(10 ^ 4) .. "etc/passwd", "~/.bashrc", "file:///etc/passwd", "\255\254", "", ("x"):rep(10 ^ 6),
}) do
    for _, mode in ipairs({ "r", "w", "a", "r+" }) do
        local file = io.open(name, mode)
        -- A folder can be opened, but gives nothing.
        assert(not file or not file:read(1), name)
    end
    assert(not pcall(function() return assert(io.lines(name)()) end), name)
    assert(not os.remove(name), name)
    assert(not os.rename(name, "@GRANTED@/stolen"), name)
    assert(not os.rename("@GRANTED@", name), name)
    assert(not pcall(dofile, name), name)
end
