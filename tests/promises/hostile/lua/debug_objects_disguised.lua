-- A session that wears the metatable of an API object, and the other way round. What the interpreter
-- then does is not defined; it can do it to its own instance only.
-- lua: all
-- ends: trap
local api = freeswitch.API()
local session_meta, api_meta = debug.getmetatable(session), debug.getmetatable(api)
local call, ask = session.answer, api.execute
debug.setmetatable(session, api_meta)
debug.setmetatable(api, session_meta)
pcall(ask, session, "status", "")
pcall(call, api)
pcall(function() return api:get_uuid() end)
debug.setmetatable(session, nil)
debug.setmetatable(api, debug.getmetatable(io.stdout))
pcall(io.close, api)
pcall(io.lines, api)
pcall(call, session)
collectgarbage()
