-- A daemon in small: events of its own and of the server come through one queue.
local events = freeswitch.EventConsumer("CUSTOM", "orders::new")
events:bind("CHANNEL_ANSWER")

for number = 1, 2 do
    local event = freeswitch.Event("CUSTOM", "orders::new")
    event:addHeader("Order-Number", tostring(number))
    event:addBody("two pizzas")
    event:fire()
end
freeswitch.Event("CUSTOM", "orders::other"):fire()
session:answer()

while true do
    local event = events:pop(1, 1000)
    if not event then break end
    if event:getType() == "CUSTOM" then
        freeswitch.consoleLog("info", event:getHeader("order-number") .. ": " .. event:getBody())
    else
        freeswitch.consoleLog("info", event:getType() .. " of " .. event:getHeader("Caller-Destination-Number"))
    end
end
events:cleanup()
freeswitch.consoleLog("info", "nothing more: " .. tostring(events:pop()))
