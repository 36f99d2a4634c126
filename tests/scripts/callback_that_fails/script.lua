function on_input()
    error("the callback fails")
end
session:answer()
session:setInputCallback("on_input")
session:sleep(5000)
freeswitch.consoleLog("info", "the script goes on")
