session:answer()
local before = os.time()
session:sleep(90000)
freeswitch.consoleLog("info", os.date("!%Y-%m-%d %H:%M:%S") .. ", " .. os.time() - before .. " s later")
