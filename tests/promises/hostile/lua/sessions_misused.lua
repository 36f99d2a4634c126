-- The session's methods with wrong objects, no objects and copies.
-- lua: all
-- ends: ok
local methods = {}
for name, method in pairs(getmetatable(session)[".fn"]) do
    methods[name] = method
end
for name, method in pairs(methods) do
    for _, object in ipairs({ {}, "session", 0, freeswitch.API(), io.stdout, print, setmetatable({}, debug.getmetatable(session)) }) do
        assert(not pcall(method, object) or name:find("^__"), name)
    end
    assert(not pcall(method) or name:find("^__"), name)
end
for name, method in pairs(methods) do
    if not name:find("angup") and not name:find("transfer") and not name:find("destroy") then
        pcall(method, session, {}, {}, {}, {})
        pcall(method, session, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil)
        pcall(method, session, (table.unpack or unpack)({}, 1, 200))
    end
end
