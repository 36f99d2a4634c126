-- Message handlers that fail in the stack that overflowed (CVE-2022-33099, CVE-2020-15945).
-- lua: all
-- with: cpu-limit=20 burst-limit=20
-- ends: ok
local function f(...)
    return f(...), f(...)
end
local function handler(problem)
    return handler(problem) .. f(problem)
end
for _ = 1, 2 do
    assert(not xpcall(f, handler))
    assert(not xpcall(f, f))
    assert(not xpcall(error, error))
    assert(not xpcall(f, function() error({}) end))
end
