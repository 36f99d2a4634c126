-- A key is pressed, and the callback never ends.
-- ends: cpu-limit
-- press: waits for a key
function callback()
    while true do
    end
end
session:setInputCallback("callback")
freeswitch.consoleLog("notice", "waits for a key")
session:sleep(20000)
