-- socket: time, and what goes with it. A script cannot open sockets of its own.
local native = ...
local sleep, time = native.sleep, native.time
local error, pcall, select, type, ipairs, next = error, pcall, select, type, ipairs, next
local setmetatable, getmetatable = setmetatable, getmetatable

local module = { _VERSION = "LuaSocket 3.0", gettime = time }

function module.sleep(seconds)
    if seconds > 0 then
        sleep(seconds * 1000)
    end
end

-- Without sockets it only waits.
function module.select(readers, writers, timeout)
    if readers and next(readers) or writers and next(writers) then
        error("socket.select: there are no sockets in a sandbox", 2)
    end
    if timeout and timeout > 0 then
        sleep(timeout * 1000)
    end
    return {}, {}, "timeout"
end

function module.skip(count, ...)
    return select(count + 1, ...)
end

-- What `try` raises: a value in a table of its own, which `protect` takes out again.
local RAISED = {}

function module.newtry(finalizer)
    return function(...)
        if (...) then
            return ...
        end
        if finalizer then
            pcall(finalizer)
        end
        error(setmetatable({ (select(2, ...)) }, RAISED), 0)
    end
end

module.try = module.newtry()

local function settle(done, ...)
    if done then
        return ...
    end
    local problem = ...
    if type(problem) == "table" and getmetatable(problem) == RAISED then
        return nil, problem[1]
    end
    error(problem, 0)
end

function module.protect(call)
    return function(...)
        return settle(pcall(call, ...))
    end
end

local function none(name)
    return function()
        error("socket." .. name .. " is not there: a script cannot open sockets; socket.http and "
            .. "ssl.https are (docs/lua.md)", 2)
    end
end

for _, name in ipairs({ "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "connect", "bind" }) do
    module[name] = none(name)
end

module.dns = {}
for _, name in ipairs({ "toip", "tohostname", "gethostname", "getaddrinfo" }) do
    module.dns[name] = none("dns." .. name)
end

return module
