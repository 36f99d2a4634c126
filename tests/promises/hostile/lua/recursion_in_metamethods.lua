-- Metamethods that need themselves, each by another way through the interpreter.
-- lua: all
-- ends: ok
local poison = {}
for _, event in ipairs({ "__add", "__concat", "__call", "__eq", "__lt", "__le", "__len", "__unm", "__mul", "__mod", "__pow", "__tostring" }) do
    poison[event] = function(a, b)
        local again = { event == "__tostring" and tostring(a) or a .. b, a + b, a < b }
        return again
    end
end
poison.__index = function(t, key) return t[key .. "x"] end
poison.__newindex = function(t, key, value) t[key .. "x"] = value end
local a, b = setmetatable({}, poison), setmetatable({}, poison)
for _, try in ipairs({
    function() return a + b end,
    function() return a .. b end,
    function() return a < b end,
    function() return a <= b end,
    function() return a() end,
    function() return -a end,
    function() return a.x end,
    function() a.x = 1 end,
    function() return tostring(a) end,
    function() return a ^ b end,
}) do
    assert(not pcall(try))
end
