-- A variable that is closed while an error passes, and does not come back from that.
-- ends: cpu-limit
local _ <close> = setmetatable({}, {
    __close = function()
        while true do
        end
    end,
})
error("leave")
