-- Ranges whose length overflows an int: older Luas wrote past their stack.
-- lua: all
-- ends: error
-- error: too many results to unpack
local unpack = table.unpack or unpack
assert(not pcall(unpack, {}, 0, 2 ^ 31 - 1))
assert(not pcall(unpack, {}, 1, 10 ^ 7))
unpack({}, -2 ^ 31, 2 ^ 31 - 1)
