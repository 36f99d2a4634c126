-- A format that uses one long text a thousand times.
-- lua: all
-- ends: error
-- error: memory
local text, texts = ("x"):rep(2 ^ 16), {}
for index = 1, 200 do
    texts[index] = text
end
local format = ("%s"):rep(200)
local line = string.format(format, (table.unpack or unpack)(texts))
for index = 1, 200 do
    texts[index] = line
end
string.format(format, (table.unpack or unpack)(texts))
