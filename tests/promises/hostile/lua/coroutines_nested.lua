-- Coroutines that start coroutines (CVE-2021-43519 of Lua 5.4.0 to 5.4.3).
-- lua: all
-- ends: error
local function f()
    return coroutine.wrap(f)()
end
f()
