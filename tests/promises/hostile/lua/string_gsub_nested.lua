-- gsub calls itself through its callback; in a server in C this ends the process.
-- lua: all
-- ends: error
-- error: overflow
local function f(text)
    return (text:gsub(".", f))
end
f("x")
