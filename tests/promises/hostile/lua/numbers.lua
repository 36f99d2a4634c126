-- Numbers where the server's functions want numbers.
-- lua: all
-- with: application=*
-- ends: ok
for _, value in ipairs({ 0, -1, 1 / 0, -1 / 0, 0 / 0, 2 ^ 31, 2 ^ 32, 2 ^ 53, 2 ^ 63, 2 ^ 64, -2 ^ 63, 1e300, "1e300", "0x10", "x", "", {} }) do
    pcall(function() session:getDigits(value, "#", 1, 1) end)
    pcall(function() session:getDigits(1, "#", 1, value, 1) end)
    pcall(function() session:streamFile("silence_stream://1", value) end)
    pcall(function() session:read(value, value, "silence_stream://1", 1, "#") end)
    pcall(function() session:playAndGetDigits(value, value, 1, 1, "#", "silence_stream://1", "", "") end)
    pcall(function() session:recordFile("@GRANTED@/x.wav", 1, value, value, value) end)
    pcall(function() session:hangup(value, value, value) end)
    pcall(math.random, value)
    pcall(math.random, value, value)
    pcall(string.char, value)
    pcall(tostring, value)
    if session:ready() == false then
        break
    end
end
