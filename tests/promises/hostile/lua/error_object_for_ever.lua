-- An error whose text never comes.
-- lua: all
-- ends: cpu-limit
error(setmetatable({}, {
    __tostring = function()
        while true do
        end
    end,
}))
