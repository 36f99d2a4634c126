session:answer()
session:transfer("9999", "XML", "default")
session:setVariable("ready", tostring(session:ready()))
freeswitch.consoleLog("info", "still here")
