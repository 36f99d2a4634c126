-- Orders that are none: always true, random, and one that changes what is sorted.
-- lua: all
-- ends: ok
local function numbers()
    local t = {}
    for index = 1, 2000 do
        t[index] = index % 7
    end
    return t
end
pcall(table.sort, numbers(), function() return true end)
pcall(table.sort, numbers(), function() return math.random() < 0.5 end)
local t = numbers()
pcall(table.sort, t, function(a, b)
    t[math.random(2000)] = nil
    t[3000] = t
    return a < b
end)
pcall(table.sort, numbers(), function(a, b) return a > b, error("no") end)
