freeswitch.consoleLog("info", tostring((select(2, pcall(os.execute, "true")))))
freeswitch.consoleLog("info", tostring((select(2, pcall(io.popen, "true")))))
freeswitch.consoleLog("info", tostring(io.open("/etc/passwd")))
