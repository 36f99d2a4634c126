-- A table that takes all memory, in a caught loop: each refusal is an error, and then it is enough.
-- lua: all
-- ends: cpu-limit or error
while true do
    pcall(function()
        local t = {}
        for index = 1, 2 ^ 53 do
            t[index] = index
        end
    end)
end
