-- Lines that look like the server's own, through everything that ends in the log.
-- lua: all
-- with: application=* api=* play=* record=*
-- ends: error
-- error: last
local forged = "x\n2026-01-01T00:00:00Z ERROR FORGED line\r2026 FORGED line\n\nFORGED line"
freeswitch.consoleLog("info", forged)
freeswitch.consoleLog(forged, forged)
print(forged)
io.write(forged, "\n")
io.stderr:write(forged, "\n")
session:setVariable("x", forged)
session:execute("log", "INFO " .. forged)
session:execute("log", forged)
pcall(function() session:streamFile(forged) end)
pcall(function() session:recordFile(forged, 1) end)
pcall(function() freeswitch.API():execute(forged, forged) end)
session:setInputCallback(forged, forged)
local named = (loadstring or load)("freeswitch.consoleLog('info', 'named') error('last')", "@" .. forged)
pcall(named)
session:setHangupHook(forged)
session:setVariable(forged, forged)
error("last " .. forged)
