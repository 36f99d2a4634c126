-- An error message of a megabyte, with a traceback as deep as it gets.
-- lua: all
-- ends: error
-- error: xxxx
local function deep(n)
    if n == 0 then
        error(("x"):rep(2 ^ 20), 0)
    end
    deep(n - 1)
    return n
end
deep(10000)
