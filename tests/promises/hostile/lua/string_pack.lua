-- Sizes and alignments of string.pack that overflow.
-- lua: 5.3 5.4
-- ends: ok
for _, format in ipairs({ "!17i4", "i17", "c4294967295", "!16" .. ("Xi16"):rep(1000), "s99", ("c2147483647"):rep(3) }) do
    pcall(string.pack, format, "x", "y", "z")
    pcall(string.packsize, format)
    pcall(string.unpack, format, ("x"):rep(1000), 900)
end
assert(not pcall(string.unpack, "s4", "\255\255\255\255x"))
pcall(string.unpack, "i4", "abcd", -2 ^ 31)
pcall(string.unpack, "z", ("x"):rep(100))
