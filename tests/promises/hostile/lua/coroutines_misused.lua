-- Resumes itself, the dead, the running; closes what runs; yields across the host's functions.
-- lua: all
-- ends: ok
local self
self = coroutine.create(function()
    assert(not coroutine.resume(self))
    if coroutine.close then
        assert(not pcall(coroutine.close, self))
    end
    assert(not pcall(string.gsub, "x", "x", coroutine.yield))
    coroutine.yield()
end)
assert(coroutine.resume(self))
assert(coroutine.resume(self))
assert(not coroutine.resume(self))
function callback() coroutine.yield() end
session:setHangupHook("callback")
session:sleep(0)
coroutine.wrap(function() session:sleep(10) end)()
