-- Rings several destinations at once, then falls back. argv: the destinations; the last is the fallback.
local destinations = {}
for index = 1, #argv - 1 do
    destinations[#destinations + 1] = "[leg_timeout=20]" .. argv[index]
end
session:setVariable("hangup_after_bridge", "false")
session:setVariable("continue_on_fail", "true")
session:execute("export", "nolocal:group_name=sales")
session:execute("bridge", "{ignore_early_media=true,originate_timeout=20}" .. table.concat(destinations, ","))
local disposition = session:getVariable("originate_disposition")
freeswitch.consoleLog("notice", "ring_group.lua: " .. tostring(disposition) .. "\n")
if disposition ~= "SUCCESS" then
    session:execute("bridge", argv[#argv])
    freeswitch.consoleLog("notice", "ring_group.lua: fallback " ..
        tostring(session:getVariable("originate_disposition")) .. "\n")
end
freeswitch.consoleLog("notice", "ring_group.lua: ready " .. tostring(session:ready()) .. "\n")
