-- Variables of the whole server, which other calls read.
-- lua: all
-- ends: ok
for _, name in ipairs({ "domain", "sounds_dir", "script_dir", "hostname", "x" }) do
    local before = freeswitch.getGlobalVariable(name)
    assert(not pcall(freeswitch.setGlobalVariable, name, "/tmp/mine"), name)
    assert(not pcall(freeswitch.setGlobalVariable, name, nil), name)
    assert(freeswitch.getGlobalVariable(name) == before, name)
end
