-- Calls argv[1], asks to press 1, then calls argv[2] and connects both.
freeswitch.msleep(100)
local first = freeswitch.Session("{ignore_early_media=true,origination_caller_id_number=4000}" .. argv[1])
if not first:ready() then
    freeswitch.consoleLog("warning", "callback.lua: " .. first:hangupCause() .. "\n")
    return
end
local key = first:playAndGetDigits(1, 1, 3, 4000, "#", "tone_stream://%(100,0,600)", "", "1")
freeswitch.consoleLog("notice", "callback.lua: pressed '" .. key .. "'\n")
if key ~= "1" then
    first:hangup()
    return
end
local second = freeswitch.Session()
if second:originate(first, argv[2], 30) ~= 0 then
    freeswitch.consoleLog("warning", "callback.lua: second " .. second:hangupCause() .. "\n")
    first:hangup()
    return
end
freeswitch.bridge(first, second)
freeswitch.consoleLog("notice", "callback.lua: over, " .. tostring(first:ready()) .. "\n")
