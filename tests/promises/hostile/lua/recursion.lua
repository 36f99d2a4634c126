-- Endless recursion of Lua functions, caught, and again.
-- lua: all
-- ends: cpu-limit
local function f()
    return 1 + f()
end
while true do
    assert(not pcall(f))
end
