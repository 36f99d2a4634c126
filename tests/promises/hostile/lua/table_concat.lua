-- A hundred thousand times the same megabyte, joined.
-- lua: all
-- ends: error
-- error: memory
local text, parts = ("x"):rep(2 ^ 20), {}
for index = 1, 10 ^ 5 do
    parts[index] = text
end
table.concat(parts)
