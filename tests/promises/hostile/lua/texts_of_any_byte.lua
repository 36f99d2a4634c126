-- NUL, every other byte, and what is no UTF-8, for every function that takes a text.
-- lua: all
-- with: application=* api=* global-variable=* play=* refused-limit=unlimited host-call-limit=unlimited log-limit=unlimited
-- ends: ok
local bytes = {}
for byte = 0, 255 do
    bytes[#bytes + 1] = string.char(byte)
end
local all = table.concat(bytes)
local api = freeswitch.API()
for _, text in ipairs({ all, "\0", "\255\254", "\237\160\128", "\244\144\128\128", "\192\128", "a\0b", "\r\n", "\27[2J", "\239\191\189", all:reverse() }) do
    for _, try in ipairs({
        function() session:setVariable(text, text) end,
        function() session:setVariable("x", text) end,
        function() return session:getVariable(text) end,
        function() session:execute("log", text) end,
        function() session:execute("set", text .. "=" .. text) end,
        function() session:streamFile(text) end,
        function() session:recordFile(text, 1) end,
        function() session:playAndGetDigits(1, 1, 1, 1, text, text, text, text) end,
        function() session:getDigits(1, text, 1) end,
        function() session:setInputCallback(text, text) session:sleep(1) session:unsetInputCallback() end,
        function() freeswitch.consoleLog(text, text) end,
        function() freeswitch.consoleLog("info", text) end,
        function() freeswitch.setGlobalVariable(text, text) end,
        function() return api:execute(text, text) end,
        function() return api:executeString(text) end,
        function() print(text) end,
        function() error(text) end,
        function() freeswitch.Event(text, text) end,
        function() (loadstring or load)(text, text) end,
    }) do
        pcall(try)
    end
end
session:setVariable("bytes", "\255\254x")
assert(session:getVariable("bytes") == "\255\254x")
