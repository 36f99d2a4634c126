-- Recordings where none may be. Every path is one that a run may lose if the promise is broken: these tests
-- may run as root.
-- lua: all
-- ends: ok
for _, path in ipairs({
    "/dev/full", "/proc/self/comm", "@SECRET@", "@GRANTED@/link-to-secret", "@GRANTED@/../beside.wav",
    "@GRANTED@/link-to-root/tmp/x.wav", "@GRANTED@", "", ".", "..", "../../x.wav", "\0", "@GRANTED@/x\0.wav", "nothing://x.wav", ("x"):rep(5000) .. ".wav",
}) do
    pcall(function() session:recordFile(path, 1, 0, 1) end)
end
