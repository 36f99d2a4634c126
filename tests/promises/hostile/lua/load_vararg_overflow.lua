-- A function with many fixed parameters called with few (CVE-2014-5461 wrote past the stack).
-- lua: all
-- ends: ok
local names = {}
for index = 1, 180 do
    names[index] = "v" .. index
end
local source = "local function f(" .. table.concat(names, ",") .. ", ...) return ... end for i = 1, 100 do f() f(1) end"
local chunk = assert((loadstring or load)(source))
for _ = 1, 100 do
    chunk()
    coroutine.wrap(chunk)()
end
