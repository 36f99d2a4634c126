-- Times and formats that C's strftime must not get.
-- lua: all
-- ends: ok
for _, format in ipairs({ "%Ez", "%E", "%", "%q", "*x", "!*", ("%c"):rep(10 ^ 4), "%9999d", "\0%c", "!" }) do
    pcall(os.date, format)
    for _, time in ipairs({ 0, -1, 2 ^ 31, 2 ^ 40, 2 ^ 52, 2 ^ 62, -2 ^ 62, 1 / 0, -1 / 0, 0 / 0 }) do
        pcall(os.date, format, time)
        pcall(os.date, "*t", time)
    end
end
for _, value in ipairs({ 2 ^ 31, 2 ^ 40, 2 ^ 62, -2 ^ 62, 1 / 0, 0 / 0, "x", {} }) do
    for _, field in ipairs({ "year", "month", "day", "hour", "min", "sec" }) do
        local fields = { year = 2026, month = 1, day = 1 }
        fields[field] = value
        pcall(os.time, fields)
    end
end
