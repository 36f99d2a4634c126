-- The other leg of the bridge does not run this script again; nobody has that number here.
session:answer()
session:execute("bridge", "loopback/9196")
freeswitch.consoleLog("info", session:getVariable("originate_disposition"))
