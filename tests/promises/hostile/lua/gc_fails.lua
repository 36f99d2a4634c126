-- Finalizers that fail, exit, and call the server.
-- lua: 5.2 5.3 5.4
-- ends: ok
collectgarbage("stop")
for _ = 1, 100 do
    setmetatable({}, { __gc = function() error("in a finalizer") end })
    setmetatable({}, { __gc = function() session:setVariable("from", "a finalizer") end })
end
for _ = 1, 300 do
    pcall(collectgarbage)
end
setmetatable({}, { __gc = function() os.exit(0) end })
collectgarbage()
error("the finalizer did not exit")
