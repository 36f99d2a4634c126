-- Sounds that are none, or never end, or are described at length. Some need a permission; the error is caught.
-- lua: all
-- with: play=*
-- ends: ok
for _, source in ipairs({
    "/dev/zero", "/dev/urandom", "/proc/self/mem", "/etc/passwd", "@SECRET@", "@GRANTED@/link-to-secret", "@GRANTED@", "",
    "tone_stream://", "tone_stream://%(", "tone_stream://%(1,1,-1)", "tone_stream://%(0,0,0)", "tone_stream://" .. ("%"):rep(10 ^ 4),
    "tone_stream://L=9999999999;%(1,0,440)", "tone_stream://v=99999;%(1,0,1e308)", "tone_stream://%(1,0," .. ("1,"):rep(10 ^ 4) .. "1)",
    "silence_stream://-5", "silence_stream://x", "silence_stream://0,-1", "silence_stream://1," .. ("9"):rep(1000), "nothing://x", "://", "http://127.0.0.1/",
    "local_stream://x", "say:x", "{x=1}silence_stream://1", "[x]" .. ("{"):rep(1000), "file_string://a!b", "vlc://x", "shout://x",
}) do
    pcall(function() session:streamFile(source) end)
    pcall(function() session:playAndGetDigits(1, 1, 1, 1, "#", source, source, "x") end)
end
