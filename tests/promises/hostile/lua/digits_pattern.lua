-- Patterns for digits that take for ever, or cannot be read.
-- lua: all
-- with: api=*
-- ends: ok
for _, pattern in ipairs({ "(a+)+$", "^(([0-9])+)+$", "(?R)", "((((((((((", "[", "\\", "(?{ die })", "a{1000}{1000}{1000}", ("(a?)"):rep(5000), "(*LIMIT_MATCH=4294967295)(x+x+)+y", "\0" }) do
    session:playAndGetDigits(1, 20, 1, 1, "#", "silence_stream://1", "", pattern)
    pcall(function() freeswitch.API():execute("regex", ("a"):rep(1000) .. "!|" .. pattern) end)
end
