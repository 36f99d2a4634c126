-- As many coroutines as memory holds.
-- lua: all
-- ends: error
-- error: memory
local kept = {}
while true do
    kept[#kept + 1] = coroutine.create(function() coroutine.yield(kept) end)
    coroutine.resume(kept[#kept])
end
