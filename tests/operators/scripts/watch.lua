-- A daemon: counts ended calls, answers questions, ends when it is told.
local consumer = freeswitch.EventConsumer("CHANNEL_HANGUP_COMPLETE")
consumer:bind("CUSTOM", "watch::question")
consumer:bind("CUSTOM", "watch::stop")
freeswitch.consoleLog("notice", "watch.lua: runs for " .. (argv[1] or "nobody") .. "\n")
local ended = 0
while freeswitch.running() do
    local event = consumer:pop(1, 1000)
    if event then
        local name = event:getHeader("Event-Subclass") or event:getType()
        if name == "watch::stop" then break end
        if name == "watch::question" then
            local answer = freeswitch.Event("CUSTOM", "watch::answer")
            answer:addHeader("Ended", tostring(ended))
            answer:addHeader("Question", event:getHeader("Question"))
            answer:fire()
        else
            ended = ended + 1
            freeswitch.consoleLog("notice", "watch.lua: " .. event:getHeader("Hangup-Cause") .. "\n")
        end
    end
end
consumer:cleanup()
freeswitch.consoleLog("notice", "watch.lua: ended after " .. ended .. "\n")
