function gone(session, status, word)
    freeswitch.consoleLog("notice", "hook: " .. status .. " " .. word)
end
word = "argument"
session:answer()
session:setHangupHook("gone", "word")
while session:ready() do
    session:sleep(1000)
end
freeswitch.consoleLog("notice", "after the loop")
