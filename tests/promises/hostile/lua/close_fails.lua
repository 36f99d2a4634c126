-- Closing that fails, a thousand times within each other, in a coroutine that is closed too.
-- ends: ok
local function closing(depth)
    local _ <close> = setmetatable({}, { __close = function() error(depth) end })
    if depth < 150 then
        closing(depth + 1)
    end
    coroutine.yield()
end
for _ = 1, 50 do
    local thread = coroutine.create(closing)
    coroutine.resume(thread, 1)
    assert(not coroutine.close(thread))
end
