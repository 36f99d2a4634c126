-- A hook that never returns.
-- lua: all
-- ends: cpu-limit
debug.sethook(function()
    while true do
    end
end, "crl", 1)
local _ = 1 + 1
