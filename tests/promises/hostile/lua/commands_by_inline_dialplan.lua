-- A transfer whose extension is a list of applications, which would run as the dialplan's own.
-- lua: all
-- ends: ok
pcall(function() session:transfer("log:ERROR FORGED ${shutdown()},hangup:USER_BUSY", "inline") end)
pcall(function() session:execute("transfer", "'log:ERROR FORGED ${shutdown()}' inline") end)
pcall(function() session:setVariable("api_hangup_hook", "shutdown") end)
pcall(function() session:setVariable("execute_on_answer", "log ERROR FORGED") end)
assert(session:ready())
