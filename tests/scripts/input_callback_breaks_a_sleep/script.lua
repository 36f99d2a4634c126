function on_input()
    return "break"
end
session:answer()
session:setInputCallback("on_input")
local before = freeswitch.API():getTime()
local answer = session:sleep(60000)
session:setVariable("slept", tostring(freeswitch.API():getTime() - before >= 60000))
session:setVariable("answer", tostring(answer))
