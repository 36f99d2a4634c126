-- Hangs up and has the caller called back. argv[1]: where the caller is, argv[2]: whom he wants.
local api = freeswitch.API()
freeswitch.consoleLog("notice", "call_me_back.lua: " .. api:executeString("luarun callback.lua " .. argv[1] .. " " .. argv[2]))
session:hangup("USER_BUSY")
