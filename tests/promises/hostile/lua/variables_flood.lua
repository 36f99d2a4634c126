-- Variables without end, on the call and for the whole server.
-- lua: all
-- with: global-variable=* host-call-limit=unlimited
-- ends: cpu-limit
local number = 0
while true do
    number = number + 1
    session:setVariable("flood_" .. number, ("x"):rep(1000))
    pcall(freeswitch.setGlobalVariable, "flood_" .. _VERSION .. number, ("x"):rep(1000))
end
