-- Events that a script sends to its call, and as messages.
session:answer()
function heard(s, kind, object)
    if kind == "event" then
        print("heard", object:getHeader("note"), object:getBody())
        return "break"
    end
end
session:setInputCallback("heard")

local note = freeswitch.Event("CUSTOM", "test::note")
note:addHeader("note", "one")
note:addBody("a body")
session:sendEvent(note)
print("slept", session:sleep(5000))

local command = freeswitch.Event("CLONE")
command:addHeader("call-command", "execute")
command:addHeader("execute-app-name", "set")
command:addHeader("execute-app-arg", "done=yes")
session:sendEvent(command)
session:sleep(100)
print("done", session:getVariable("done"))

local fired = freeswitch.EventConsumer("RECV_MESSAGE")
local message = freeswitch.Event("MESSAGE")
message:addHeader("from", "1000@example.com")
message:addBody("hello")
print("event", message:chat_send("event"))
local got = fired:pop(1, 1000)
print("fired", got:getType(), got:getHeader("from"), got:getBody())
print("nobody", message:chat_send("sip"))
print("no extension", message:chat_send("GLOBAL"))

local json = freeswitch.JSON()
print("status", json:execute({command = "status"}).systemStatus)
print("nosuch", json:execute({command = "nosuch"}))
