-- Matching that recurses once for each item of a pattern of 200,000 items.
-- lua: all
-- ends: error
-- error: too complex
-- ends 5.1: stack-limit
-- error 5.1: stack
string.match(("x"):rep(200000), ("x?"):rep(200000))
