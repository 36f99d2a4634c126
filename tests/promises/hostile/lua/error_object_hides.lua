-- An error with a metatable whose fields are computed, for ever.
-- lua: all
-- ends: cpu-limit
error(setmetatable({}, setmetatable({}, {
    __index = function()
        while true do
        end
    end,
})))
