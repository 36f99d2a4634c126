-- Source nested as deep as can be, in every construct (CVE-2022-28805 and its kin).
-- lua: all
-- ends: ok
local load = loadstring or load
for _, part in ipairs({ "(", "{", "[[", "f(", "a=", "- ", "not ", "do ", "function() ", "if x then ", "x.", "x..", "a^", "goto ", "repeat " }) do
    assert(not load(part:rep(10 ^ 5)), part)
end
assert(not load(("local a "):rep(300)))
assert(not load("local _ENV <const> = {} function f() _ENV = 1 a = 1 end" .. ("("):rep(1000)))
local names = {}
for index = 1, 300 do
    names[index] = "v" .. index
end
assert(not load("local " .. table.concat(names, ",") .. " = 1"))
assert(not load("return function(" .. table.concat(names, ",") .. ") end"))
