-- Callbacks that are not there, are no functions, replace themselves, remove themselves.
-- ends: ok
-- press: press now
for _, name in ipairs({ "nothing", "string", "_G", "print", "", "string.rep", "session" }) do
    session:setInputCallback(name)
    session:setHangupHook(name)
    session:sleep(1)
end
function callback(s, kind, object)
    session:unsetInputCallback()
    session:setInputCallback("other")
    callback = nil
    return setmetatable({}, { __tostring = error })
end
session:setInputCallback("callback")
freeswitch.consoleLog("notice", "press now")
session:sleep(300)
