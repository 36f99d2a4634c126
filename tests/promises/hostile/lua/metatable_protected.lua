-- Removes everything there is, then lets the server find out.
-- lua: all
-- ends: ok
local s, globals, pairs, ipairs = session, _G, pairs, ipairs
local names = {}
for name in pairs(globals) do
    names[#names + 1] = name
end
for _, name in ipairs(names) do
    globals[name] = nil
end
s:setInputCallback("nothing")
s:sleep(1)
