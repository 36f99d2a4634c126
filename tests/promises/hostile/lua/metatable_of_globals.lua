-- Globals that answer everything by looping, which the server's callbacks read.
-- lua: all
-- ends: hangup
-- says: the script was ended
-- hangup: waits for the end
session:setInputCallback("callback", "argument")
session:setHangupHook("hook")
local freeswitch, session = freeswitch, session
hook, callback = nil, nil
setmetatable(_G, { __index = function()
    while true do
    end
end })
freeswitch.consoleLog("notice", "waits for the end")
session:sleep(20000)
