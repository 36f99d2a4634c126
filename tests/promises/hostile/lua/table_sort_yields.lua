-- Leaves a sort in its middle by coroutine.yield.
-- lua: all
-- ends: error
-- error: yield
local sorting = coroutine.wrap(function()
    table.sort({ 3, 2, 1 }, function() return coroutine.yield() end)
end)
sorting()
