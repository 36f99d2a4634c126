-- More results than a Lua stack holds.
-- lua: all
-- ends: error
-- error: string slice too long
local text = ("x"):rep(2 ^ 21)
text:byte(1, -1)
