-- Takes a message: a beep, the recording, ended by #; then 1 keeps, 2 deletes.
local api = freeswitch.API()
local folder = freeswitch.getGlobalVariable("recordings_dir")
local uuid = session:get_uuid()
local path = folder .. "/msg_" .. uuid .. ".wav"

function on_key(s, kind, object, limits)
    if kind == "dtmf" and object.digit == limits.stop then
        return "break"
    end
    return "true"
end

limits = { stop = "#", seconds = 30 }

session:answer()
session:setInputCallback("on_key", "limits")
session:execute("playback", "tone_stream://%(300,0,800)")
local began = api:getTime()
session:recordFile(path, limits.seconds, 100, 10)
session:unsetInputCallback()
local length = tonumber(api:getTime()) - tonumber(began)
freeswitch.consoleLog("info", "voicemail.lua: " .. length .. " ms\n")

local file = io.open(path, "rb")
if not file then
    freeswitch.consoleLog("err", "voicemail.lua: nothing was recorded\n")
    return session:hangup()
end
local bytes = file:seek("end")
file:close()

local choice = session:playAndGetDigits(1, 1, 2, 3000, "", path, "", "[12]", "choice")
if choice == "2" then
    os.remove(path)
    freeswitch.consoleLog("notice", "voicemail.lua: deleted\n")
else
    local event = freeswitch.Event("CUSTOM", "voicemail::message")
    event:addHeader("File", path)
    event:addHeader("Caller", session:getVariable("caller_id_number"))
    event:addHeader("Bytes", bytes)
    event:addBody("a message of " .. math.floor(length / 1000) .. " s")
    event:fire()
    freeswitch.consoleLog("notice", "voicemail.lua: kept " .. bytes .. "\n")
end
session:hangup()
