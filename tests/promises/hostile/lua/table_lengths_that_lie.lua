-- Tables that say they have 2^62 elements.
-- lua: 5.3 5.4
-- ends: ok
local liar = setmetatable({}, { __len = function() return 2 ^ 62 // 1 | 0 end, __index = function() return 1 end })
assert(not pcall(table.sort, liar))
assert(not pcall(table.unpack, liar))
assert(not pcall(table.unpack, {}, math.mininteger, math.maxinteger))
assert(not pcall(table.insert, {}, math.maxinteger, 1))
assert(not pcall(table.move, {}, math.mininteger, math.maxinteger, 1))
assert(not pcall(table.concat, liar, ("x"):rep(2 ^ 20)))
pcall(table.insert, setmetatable({}, { __len = function() return math.maxinteger end }), math.maxinteger, 2)
