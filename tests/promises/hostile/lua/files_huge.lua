-- Positions, sizes and buffers beyond every file.
-- lua: all
-- with: memory=64
-- ends: ok
local file = assert(io.open("@GRANTED@/huge-" .. _VERSION, "w+"))
for _, position in ipairs({ 2 ^ 40, 2 ^ 52, -1, -2 ^ 31 }) do
    pcall(function() file:seek("set", position) end)
end
pcall(function() file:setvbuf("full", 2 ^ 31 - 1) end)
pcall(function() file:setvbuf("full", -1) end)
file:seek("set", 0)
for _, count in ipairs({ 2 ^ 31 - 1, 2 ^ 31, -1, 10 ^ 9 }) do
    pcall(function() return file:read(count) end)
end
pcall(function() return file:read(("*n"):rep(100)) end)
file:close()
pcall(file.read, file, 1)
pcall(file.close, file)
