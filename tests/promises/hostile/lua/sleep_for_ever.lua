-- Sleeps as long as a number can say; an operator ends it.
-- lua: all
-- with: wall-limit=unlimited
-- ends: killed
-- kill: sleeps now
freeswitch.consoleLog("notice", "sleeps now")
while true do
    pcall(function() session:sleep(2 ^ 53) end)
end
