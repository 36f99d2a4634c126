-- Log lines without end.
-- lua: all
-- with: log-limit=unlimited
-- ends: cpu-limit
while true do
    freeswitch.consoleLog("info", ("flood "):rep(1000))
end
