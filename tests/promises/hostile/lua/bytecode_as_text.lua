-- Compiled code where source is expected, in every way that `load` takes it.
-- lua: all
-- ends: ok
local code = string.dump(function() return 42 end)
assert(code:byte(1) == 27)
local load, text_load = load, loadstring or load
local function pieces()
    local rest = { "", code }
    if _VERSION == "Lua 5.1" then
        rest[1] = code:sub(1, 1)
        rest[2] = code:sub(2)
    else
        table.remove(rest, 1)
    end
    return function() return table.remove(rest, 1) end
end
for _, mode in ipairs({ "b", "bt", "tb", "bb", "xb", "b\0", "" }) do
    local _, loaded = pcall(load, pieces(), "x", mode)
    assert(type(loaded) ~= "function", mode)
    _, loaded = pcall(text_load, code, "x", mode)
    assert(type(loaded) ~= "function", mode)
end
local file = assert(io.open("@GRANTED@/" .. _VERSION .. ".luac", "wb"))
file:write(code)
file:close()
for _, load_file in ipairs({ loadfile, dofile, function(name) return loadfile(name, "b") end }) do
    local done, loaded = pcall(load_file, "@GRANTED@/" .. _VERSION .. ".luac")
    assert(not done or type(loaded) ~= "function" and loaded ~= 42)
end
package.path = "@GRANTED@/?.luac"
assert(not pcall(require, _VERSION))
