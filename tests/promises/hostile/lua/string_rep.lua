-- A string of a terabyte, then a megabyte at a time until nothing is left.
-- lua: all
-- ends: error
-- error: memory
local done, problem = pcall(string.rep, "x", 2 ^ 40)
assert(not done, problem)
local hoard = {}
while true do
    hoard[#hoard + 1] = string.rep("x", 2 ^ 20) .. #hoard
end
