session:answer()
os.exit(3)
freeswitch.consoleLog("err", "this is not reached")
