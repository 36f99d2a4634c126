-- Sessions of other calls and of none.
-- lua: all
-- ends: ok
for _, uuid in ipairs({ "", "x", "00000000-0000-0000-0000-000000000000", ("x"):rep(10 ^ 5), "\0", "sofia/internal/x", "{x=1}null/x" }) do
    pcall(function()
        local other = freeswitch.Session(uuid)
        other:hangup()
        other:sleep(1)
    end)
end
