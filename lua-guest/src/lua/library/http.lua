-- socket.http and ssl.https, on the server's HTTP client.
local native, require, name = ...
local fetch = native.fetch
local ltn12, url = require("ltn12"), require("socket.url")
local error, pairs, tostring, type, concat = error, pairs, tostring, type, table.concat
local SECURE = name == "ssl.https"

local module = {
    _VERSION = SECURE and "1.3.0" or "LuaSocket 3.0",
    TIMEOUT = 60,
    USERAGENT = "LuaSocket 3.0",
    PORT = SECURE and 443 or 80,
}

-- How many redirections are followed, as LuaSocket: of GET and HEAD only, unless the script says no.
local function redirections(request, method)
    if request.redirect == false or (method ~= "GET" and method ~= "HEAD") then
        return 0
    end
    return request.maxredirects or 5
end

local function headers(request, body)
    local flat, given = {}, {}
    for key, value in pairs(request.headers or {}) do
        given[key:lower()] = true
        flat[#flat + 1] = key
        flat[#flat + 1] = tostring(value)
    end
    if not given["user-agent"] then
        flat[#flat + 1] = "User-Agent"
        flat[#flat + 1] = module.USERAGENT
    end
    return flat
end

local function whole(source)
    if not source then
        return ""
    end
    local sink, pieces = ltn12.sink.table()
    local done, problem = ltn12.pump.all(source, sink)
    if not done then
        return nil, problem
    end
    return concat(pieces)
end

-- Where a request goes: its `url`, or its parts.
local function target(request)
    if request.url then
        if SECURE and not request.url:find("://", 1, true) then
            return "https://" .. request.url
        end
        return request.url
    end
    if not request.host then
        return nil, "invalid host '" .. tostring(request.host) .. "'"
    end
    return url.build({
        scheme = request.scheme or (SECURE and "https" or "http"),
        host = request.host,
        port = request.port,
        path = request.path or request.uri or "/",
        params = request.params,
        query = request.query,
        user = request.user,
        password = request.password,
    })
end

local function perform(request)
    if request.proxy or module.PROXY then
        return nil, "a proxy cannot be used here"
    end
    local to, problem = target(request)
    if not to then
        return nil, problem
    end
    local body
    body, problem = whole(request.source)
    if not body then
        return nil, problem
    end
    local method = request.method or (request.source and "POST" or "GET")
    local status, reason, flat, answer, version = fetch({
        method = method,
        url = to,
        headers = headers(request),
        body = body,
        timeout = module.TIMEOUT or 60,
        redirections = redirections(request, method),
    })
    if not status then
        if tostring(reason):find("no answer within", 1, true) then
            return nil, "timeout"
        end
        return nil, reason
    end
    local known = {}
    for at = 1, #flat, 2 do
        local key, value = flat[at], flat[at + 1]
        known[key] = known[key] and known[key] .. ", " .. value or value
    end
    return answer, status, known, version .. " " .. status .. " " .. reason
end

-- `request(url [, body])` answers the body; `request { url = …, sink = … }` gives it to the sink and
-- answers 1. Then come status, headers and the status line; or nil and why.
function module.request(request, body)
    if type(request) == "string" then
        local plain = { url = request }
        if body then
            plain.method, plain.source = "POST", ltn12.source.string(body)
            plain.headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
        end
        return perform(plain)
    elseif type(request) ~= "table" then
        error("bad argument #1 to 'request' (string or table expected, got " .. type(request) .. ")", 2)
    end
    local answer, status, known, line = perform(request)
    if not answer then
        return nil, status
    end
    if request.sink and request.method ~= "HEAD" then
        local done, problem = ltn12.pump.all(ltn12.source.string(answer), request.sink)
        if not done then
            return nil, problem
        end
    end
    return 1, status, known, line
end

return module
