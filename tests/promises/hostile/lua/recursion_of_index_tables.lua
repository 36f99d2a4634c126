-- A chain of a hundred thousand __index tables, and one that bites its tail.
-- lua: all
-- ends: error
-- error: loop
local first = {}
local last = first
for _ = 1, 10 ^ 5 do
    last = setmetatable({}, { __index = last })
end
assert(not pcall(function() return last.x end))
setmetatable(first, { __index = first })
local _ = first.x
