-- Starts coroutines and forgets them, for ever.
-- lua: all
-- ends: cpu-limit
while true do
    coroutine.wrap(function() coroutine.yield() end)()
end
