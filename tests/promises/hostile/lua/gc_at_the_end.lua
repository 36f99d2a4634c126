-- A finalizer that waits for the script's end. The instance goes as a whole, so none is run.
-- lua: 5.2 5.3 5.4
-- ends: ok
collectgarbage("stop")
for _ = 1, 1000 do
    setmetatable({}, {
        __gc = function()
            while true do
            end
        end,
    })
end
