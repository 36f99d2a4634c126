-- Locals and upvalues by numbers that are none (CVE-2020-24370).
-- lua: all
-- ends: ok
local function f(...)
    for _, index in ipairs({ 0, -1, -2, -2 ^ 31, 2 ^ 31 - 1, 250 }) do
        pcall(debug.getlocal, 1, index)
        pcall(debug.setlocal, 1, index, 1)
        pcall(debug.getupvalue, f, index)
        pcall(debug.setupvalue, f, index, 1)
        pcall(debug.getlocal, index, 1)
        pcall(debug.getinfo, index)
        pcall(debug.getlocal, f, index)
    end
end
f(1, 2, 3)
f()
coroutine.wrap(f)(1)
