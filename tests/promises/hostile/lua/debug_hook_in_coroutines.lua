-- Hooks that yield, fail and set hooks, on every thread (CVE-2020-24369).
-- lua: all
-- ends: ok
local function hook() debug.sethook(hook, "crl", 1) end
for _, h in ipairs({ coroutine.yield, error, hook }) do
    local thread = coroutine.create(function() for _ = 1, 10 do tostring(1) end end)
    debug.sethook(thread, h, "crl", 1)
    for _ = 1, 20 do
        coroutine.resume(thread)
    end
end
debug.sethook()
