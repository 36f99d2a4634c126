-- A field a hundred thousand characters wide; C's printf would overflow a fixed buffer.
-- lua: all
-- ends: error
-- error: invalid
for _, format in ipairs({ "%.999f", "%999d", "%-+ #0-+ #0d", "%" }) do
    assert(not pcall(string.format, format, 1), format)
end
string.format("%.99f", 2 ^ 1023)
string.format("%99999d", 1)
