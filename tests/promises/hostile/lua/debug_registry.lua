-- The interpreter's own table of references, by every way that leads to it.
-- lua: all
-- ends: ok
assert(debug.getregistry == nil)
for _, value in ipairs({ io.stdout, session, print, coroutine.create(print) }) do
    local getuservalue = debug.getuservalue or debug.getfenv
    local found = getuservalue(value)
    assert(found == nil or found == _G or type(found) ~= "table" or found.FILE == nil and found[1] == nil)
end
