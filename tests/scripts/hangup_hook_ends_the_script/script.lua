function gone()
    return "exit"
end
session:answer()
session:setHangupHook("gone")
session:sleep(60000)
freeswitch.consoleLog("err", "this is not reached")
