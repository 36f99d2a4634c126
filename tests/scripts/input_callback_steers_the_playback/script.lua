-- 1 pauses and goes on, 2 skips a second, any other key ends the playback.
function on_input(session, kind, key, word)
    freeswitch.consoleLog("info", kind .. " " .. key.digit .. " " .. word)
    if key.digit == "1" then
        return "pause"
    elseif key.digit == "2" then
        return "seek:+1000"
    end
    return "break"
end
extra = "from the script"
session:answer()
session:setInputCallback("on_input", "extra")
local played = session:streamFile("tone_stream://%(10000,0,440)")
session:setVariable("played", tostring(played))
session:unsetInputCallback()
session:sleep(500)
