-- Catches whatever may come, for ever.
-- lua: all
-- ends: cpu-limit
while true do
    pcall(function()
        xpcall(function()
            while true do
            end
        end, function() return "no" end)
    end)
end
