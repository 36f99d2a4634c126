-- Variables of the whole server, which other calls read.
-- lua: all
-- ends: ok
-- says: permission global-variable is missing
for _, name in ipairs({ "domain", "sounds_dir", "script_dir", "hostname", "x", "" }) do
    local before = freeswitch.getGlobalVariable(name)
    pcall(freeswitch.setGlobalVariable, name, "/tmp/mine")
    pcall(freeswitch.setGlobalVariable, name, nil)
    assert(freeswitch.getGlobalVariable(name) == before, name)
end
