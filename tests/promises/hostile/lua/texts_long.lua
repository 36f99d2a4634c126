-- Texts of megabytes for every function of the server that takes one.
-- lua: all
-- with: memory=128 application=* api=* global-variable=* play=* record=* log-limit=unlimited output-limit=unlimited
-- ends: ok
local long = ("x"):rep(3 * 2 ^ 20)
local api = freeswitch.API()
for _, try in ipairs({
    function() session:setVariable(long, "x") end,
    function() session:setVariable("x", long) end,
    function() return session:getVariable(long) end,
    function() session:execute("log", long) end,
    function() session:execute("set", "x=" .. long) end,
    function() session:streamFile(long) end,
    function() session:recordFile(long, 1) end,
    function() session:playAndGetDigits(1, 1, 1, 1, long, long, long, long) end,
    function() session:read(1, 1, long, 1, long) end,
    function() session:getDigits(1, long, 1) end,
    function() session:setInputCallback(long, long) end,
    function() session:setHangupHook(long, long) end,
    function() session:sleep(1) end,
    function() freeswitch.consoleLog(long, long) end,
    function() freeswitch.consoleLog("info", long) end,
    function() freeswitch.setGlobalVariable(long, long) end,
    function() return freeswitch.getGlobalVariable(long) end,
    function() return api:execute(long, long) end,
    function() return api:executeString(long) end,
    function() print(long) end,
    function() io.stderr:write(long) end,
    function() io.open(long) end,
    function() os.getenv(long) end,
    function() os.date(long) end,
    function() freeswitch.Event(long, long) end,
    function() assert(load(long)) end,
    function() session:transfer(long, long, long) end,
}) do
    pcall(try)
end
freeswitch.consoleLog("info", "the texts are through")
-- says: the texts are through
