-- Commands that end the server, other calls or other scripts, as every way of running one.
-- lua: all
-- ends: ok
local api = freeswitch.API()
local commands = {
    "shutdown", "fsctl shutdown now", "unload mod_lua", "reload mod_lua", "reload mod_sandbox", "load mod_lua", "reloadxml",
    "script kill all", "hupall", "uuid_kill " .. session:get_uuid(), "system id", "bg_system id", "luarun hostile/loop.lua",
    "lua hostile/loop.lua", "global_setvar x=y", "uuid_setvar " .. session:get_uuid() .. " x y", "originate null/x &park", "status", "SHUTDOWN",
}
for _, line in ipairs(commands) do
    local command, arguments = line:match("^(%S+)%s*(.*)$")
    for _, run in ipairs({ function() return api:execute(command, arguments) end, function() return api:executeString(line) end }) do
        local done, answer = pcall(run)
        assert(not done and answer:find("permission api=", 1, true) or answer == "INVALID COMMAND!\n", line)
    end
    pcall(function() session:execute("log", "INFO ${" .. command .. "(" .. arguments .. ")}") end)
    pcall(function() session:streamFile("${" .. command .. "(" .. arguments .. ")}") end)
    pcall(function() session:setVariable("x_" .. command, "${" .. command .. "(" .. arguments .. ")}") end)
end
assert(session:ready())
