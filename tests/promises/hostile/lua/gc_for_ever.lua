-- A finalizer that never ends.
-- lua: all
-- ends: cpu-limit
local function forever()
    while true do
    end
end
if newproxy then
    getmetatable(newproxy(true)).__gc = forever
else
    setmetatable({}, { __gc = forever })
end
collectgarbage()
collectgarbage()
