-- What events hold is no memory of Lua's; its collector comes nevertheless. The default is 64 MiB.
local body = ("x"):rep(2 ^ 20)
for _ = 1, 100 do
    local event = freeswitch.Event("CUSTOM", "a::b")
    event:addBody(body)
end
local event = freeswitch.Event("CUSTOM", "a::b")
for _ = 1, 100 do
    event:addHeader("Large", body)
    event:delHeader("Large")
    event:addBody(body)
end
print(#event:getBody(), collectgarbage("count") < 4096)
