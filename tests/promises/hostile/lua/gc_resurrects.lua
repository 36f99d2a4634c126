-- Finalizers that bring their objects back and make more of them.
-- lua: 5.2 5.3 5.4
-- ends: memory-limit
local graveyard = {}
local meta = {}
function meta.__gc(object)
    graveyard[#graveyard % 1000 + 1] = object
    setmetatable(object, meta)
    setmetatable({}, meta)
    setmetatable({}, meta)
end
setmetatable({}, meta)
while true do
    collectgarbage("step")
end
