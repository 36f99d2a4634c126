-- Doubles a string until memory is out, catches that, and begins again.
-- lua: all
-- ends: cpu-limit
while true do
    pcall(function()
        local text = "x"
        while true do
            text = text .. text
        end
    end)
end
