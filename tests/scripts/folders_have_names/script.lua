-- What scripts put paths and addresses together with is there without a configuration, too.
for _, name in ipairs { "sounds_dir", "recordings_dir", "storage_dir", "script_dir", "domain", "domain_name" } do
    print(name, #session:getVariable(name) > 0, freeswitch.getGlobalVariable(name) == session:getVariable(name))
end
session:answer()
print(session:streamFile(session:getVariable("sounds_dir") .. "/en/us/callie/ivr/none.wav"), session:ready())
