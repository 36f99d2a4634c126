-- The functions behind `io` and `os`, found by `debug`, without the checks in front of them.
-- lua: all
-- ends: ok
local tried = {}
local function try(f)
    if type(f) ~= "function" or tried[f] or f == try then
        return
    end
    tried[f] = true
    for _, name in ipairs({ "/etc/passwd", "/proc/self/environ", "@SECRET@", "@GRANTED@/link-to-secret" }) do
        local done, file = pcall(f, name)
        if done and io.type(file) == "file" then
            assert(not file:read(1), name)
        end
    end
    for index = 1, 60 do
        local name, value = debug.getupvalue(f, index)
        if not name then
            break
        end
        -- Whoever exits here has exited himself.
        if name ~= "system" then
            try(value)
        end
    end
end
try(io.open)
try(io.lines)
try(io.input)
try(loadfile)
