-- Metatables for all numbers, functions, threads, for nil, and changed ones for the host's objects.
-- lua: all
-- ends: error
-- error: every index
local trap = { __index = function() error("every index", 0) end, __call = function() end, __len = function() return -1 end }
debug.setmetatable(1, trap)
debug.setmetatable(print, trap)
debug.setmetatable(coroutine.create(print), trap)
debug.setmetatable(true, trap)
debug.setmetatable(nil, trap)
pcall(function() session:sleep(1) end)
local _ = (nil).x
