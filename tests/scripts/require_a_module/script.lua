local module = require("module")
freeswitch.consoleLog("info", module.greet("you"))
