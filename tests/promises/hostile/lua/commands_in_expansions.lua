-- Commands inside of texts that a permitted application expands.
-- lua: all
-- with: application=log application=set
-- ends: ok
local uuid = session:get_uuid()
for _, command in ipairs({ "uuid_kill(" .. uuid .. ")", "script(kill all)", "unload(mod_lua)", "global_setvar(expanded=yes)", "luarun(hostile/5.4-loop.lua)", "expand(${uuid_kill(" .. uuid .. ")})", "eval(${uuid_kill(" .. uuid .. ")})", "cond(1 == 1 ? ${uuid_kill(" .. uuid .. ")} : x)" }) do
    for _, data in ipairs({ "${" .. command .. "}", "${kept}", "${kept}=${kept}" }) do
        pcall(session.execute, session, "log", "INFO " .. data)
        pcall(session.execute, session, "set", "expanded=" .. data)
        pcall(session.setVariable, session, "kept", data)
    end
    assert(session:ready(), command)
end
assert(freeswitch.getGlobalVariable("expanded") == nil or freeswitch.getGlobalVariable("expanded") == "")
