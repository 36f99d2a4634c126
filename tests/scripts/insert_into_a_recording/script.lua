-- A recording that gets something in front of it, and at its end.
session:answer()
local folder = debug.getinfo(1, "S").source:match("^@(.*/)")
local file = folder .. "said.wav"

-- Bytes of sound: 16 for a millisecond.
local function milliseconds()
    local opened = assert(io.open(file, "rb"))
    local size = opened:seek("end")
    opened:close()
    return (size - 44) // 16
end

print("recorded", session:recordFile(file, 1), milliseconds())
print("in front", session:insertFile(file, "tone_stream://%(500,0,440)", 0), milliseconds())
print("at the end", session:insertFile(file, file, 1000000), milliseconds())
print("no sound", session:insertFile(file, "nosuch.wav", 0), milliseconds())
print("no file", session:insertFile(folder .. "nosuch.wav", file, 0))
print("no end", session:insertFile(file, "silence_stream://-1", 0), milliseconds())
print("played", session:streamFile(file))
