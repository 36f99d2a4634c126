-- Sorts with a comparison that never answers.
-- lua: all
-- ends: cpu-limit
table.sort({ 3, 2, 1 }, function()
    while true do
    end
end)
