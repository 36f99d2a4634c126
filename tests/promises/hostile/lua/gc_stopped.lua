-- Turns the collector off, and every knob to its end. When memory is out some
-- versions collect all the same.
-- lua: all
-- ends: error or cpu-limit
pcall(collectgarbage, "setpause", 2 ^ 31 - 1)
pcall(collectgarbage, "setstepmul", -2 ^ 31)
pcall(collectgarbage, "generational", 2 ^ 31 - 1, 2 ^ 31 - 1)
pcall(collectgarbage, "step", 2 ^ 31 - 1)
collectgarbage("stop")
for number = 1, 2 ^ 53 do
    local _ = ("x"):rep(1000) .. number
end
