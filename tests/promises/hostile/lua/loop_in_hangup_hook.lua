-- The caller hangs up, and the hook never ends.
-- ends: hangup
-- says: the script was ended
-- hangup: waits for the end
function hook()
    while true do
    end
end
session:setHangupHook("hook")
freeswitch.consoleLog("notice", "waits for the end")
session:sleep(20000)
