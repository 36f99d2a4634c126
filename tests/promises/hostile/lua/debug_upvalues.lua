-- Joins upvalues of functions of all kinds (CVE-2019-6706: the freed one was used).
-- lua: 5.2 5.3 5.4
-- ends: ok
local x = {}
local function f() return x end
local function g() return f end
for index = -1, 5 do
    for other = -1, 5 do
        pcall(debug.upvaluejoin, f, index, g, other)
        pcall(debug.upvaluejoin, f, index, f, other)
        pcall(debug.upvaluejoin, print, index, load, other)
        pcall(debug.upvalueid, load, index)
    end
end
debug.upvaluejoin(f, 1, f, 1)
collectgarbage()
f()
