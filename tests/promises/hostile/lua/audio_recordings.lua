-- Recordings where none may be.
-- lua: all
-- ends: ok
for _, path in ipairs({
    "/etc/passwd", "/dev/full", "/dev/mem", "/proc/self/mem", "@SECRET@", "@GRANTED@/link-to-secret", "@GRANTED@/../beside.wav",
    "@GRANTED@/link-to-root/tmp/x.wav", "@GRANTED@", "", ".", "..", "../../x.wav", "\0", "@GRANTED@/x\0.wav", "nothing://x.wav", ("x"):rep(5000) .. ".wav",
}) do
    pcall(function() session:recordFile(path, 1, 0, 1) end)
end
