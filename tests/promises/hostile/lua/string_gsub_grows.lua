-- A million places, each replaced by a megabyte.
-- lua: all
-- ends: error
-- error: memory
local text = ("x"):rep(10 ^ 6)
text:gsub("x", text)
