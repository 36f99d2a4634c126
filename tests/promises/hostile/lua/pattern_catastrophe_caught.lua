-- The same in pcall in a coroutine in an endless loop.
-- lua: all
-- ends: cpu-limit
while true do
    coroutine.wrap(function()
        while true do
            pcall(string.find, ("a"):rep(10 ^ 4), ".-.-.-.-b$")
        end
    end)()
end
