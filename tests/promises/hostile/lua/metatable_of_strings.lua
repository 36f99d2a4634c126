-- Every string method replaced, while the server's own Lua code goes on using strings.
-- lua: all
-- ends: error
-- error: my own error
local strings = getmetatable("")
local function wrong() return 0, "wrong", {} end
strings.__index = setmetatable({}, { __index = function() return wrong end })
for name in pairs(string) do
    string[name] = wrong
end
for name in pairs(table) do
    table[name] = wrong
end
print("x", 1, {})
pcall(io.open, "/etc/passwd")
pcall(require, "nothing")
pcall(loadfile, "/etc/passwd")
session:sleep(1)
error("my own error")
