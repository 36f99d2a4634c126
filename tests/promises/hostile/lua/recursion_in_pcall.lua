-- pcall within pcall until the C stack is full.
-- lua: all
-- ends: ok
local function f()
    pcall(f)
    error("up")
end
local done, problem = pcall(f)
assert(not done)
