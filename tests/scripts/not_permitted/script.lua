freeswitch.consoleLog("info", tostring(select(2, io.open("/etc/shadow", "w"))))
freeswitch.consoleLog("info", tostring(select(2, os.remove("/etc/passwd"))))
freeswitch.consoleLog("info", tostring(select(2, io.open("/etc/passwd"))))
