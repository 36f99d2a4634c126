-- The length of string.rep with a separator overflows what a size is counted in.
-- lua: 5.2 5.3 5.4
-- ends: error
-- error: too large
pcall(string.rep, ("x"):rep(65536), 65537, "y")
error((select(2, pcall(string.rep, "abc", 2 ^ 31, ("s"):rep(1000)))), 0)
