freeswitch.consoleLog("info", tostring(select(2, os.execute("true"))))
freeswitch.consoleLog("info", tostring(select(2, io.popen("true"))))
freeswitch.consoleLog("info", tostring(select(2, io.open("/etc/passwd"))))
