-- Moves 2^52 elements: one call of one function.
-- lua: 5.3 5.4
-- ends: cpu-limit
table.move(setmetatable({}, { __index = function() return nil end }), 1, 2 ^ 52, 2)
