-- A pattern whose matching takes longer than the universe lasts.
-- lua: all
-- ends: cpu-limit
string.find(("a"):rep(10 ^ 4), ".-.-.-.-b$")
