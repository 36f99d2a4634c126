session:answer()
local worker = coroutine.wrap(function()
    for step = 1, 3 do
        session:sleep(100)
        coroutine.yield(step)
    end
end)
freeswitch.consoleLog("info", worker() .. worker() .. worker())
