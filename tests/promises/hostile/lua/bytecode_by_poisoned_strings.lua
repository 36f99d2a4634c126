-- The same after the script has replaced what a check might use.
-- lua: all
-- ends: ok
local code = string.dump(function() return 42 end)
local load = loadstring or load
local function nothing() return 0 end
for _, strings in ipairs({ string, getmetatable("").__index }) do
    strings.byte, strings.sub, strings.find, strings.match = nothing, nothing, nothing, nothing
end
type = function() return "number" end
local _, loaded = pcall(load, code)
assert(not loaded or loaded ~= 42 and not pcall(loaded), "bytecode was loaded")
