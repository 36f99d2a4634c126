-- Turns the collector off, and every knob to its end.
-- lua: all
-- ends: error
-- error: memory
pcall(collectgarbage, "setpause", 2 ^ 31 - 1)
pcall(collectgarbage, "setstepmul", -2 ^ 31)
pcall(collectgarbage, "generational", 2 ^ 31 - 1, 2 ^ 31 - 1)
pcall(collectgarbage, "step", 2 ^ 31 - 1)
collectgarbage("stop")
local text = ""
while true do
    text = text .. "xxxxxxxxxxxxxxxx"
end
