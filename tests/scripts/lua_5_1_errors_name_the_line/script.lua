-- What Ringfence puts in place of Lua's own functions raises errors as those do: with the script's
-- line, the function's name, and for files what the profile says.
local function try(...)
    local _, message, third, fourth = pcall(...)
    freeswitch.consoleLog("info", table.concat({ tostring(message), tostring(third), tostring(fourth) }, " | "))
end

try(function() for _ in io.lines("missing.txt") do end end)
try(function() io.lines("/etc/passwd") end)
try(function() io.input("missing.txt") end)
try(function() io.output("written.txt") end)
try(function() io.open({}) end)
try(function() io.open("script.lua", "q") end)
try(function() os.remove({}) end)
try(function() os.rename("script.lua") end)
try(function() os.time({ year = 2026 }) end)
try(function() os.date("%Ez") end)
try(function() os.date({}) end)
try(function() load(5) end)
-- Names and numbers as on Linux: 2 is "no such file", 13 is "permission denied".
try(io.open, "missing.txt")
try(io.open, "/etc/passwd")
try(io.open, "written.txt", "w")
try(io.open, "../../../etc/passwd")
try(os.rename, "script.lua", "script.lua")
try(os.remove, "missing.txt")
-- A way around through the folder itself is the same file.
local file = io.open("./nothing/../script.lua")
try(function() return file:read("*l") end)
