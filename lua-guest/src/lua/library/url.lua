-- socket.url: URLs in parts (RFC 3986).
local type, tonumber, concat, ipairs, pairs = type, tonumber, table.concat, ipairs, pairs
local char, format = string.char, string.format

local module = { _VERSION = "URL 1.0.3" }

function module.escape(text)
    return (text:gsub("[^%w_%-%.~]", function(byte)
        return format("%%%02x", byte:byte())
    end))
end

function module.unescape(text)
    return (text:gsub("%%(%x%x)", function(digits)
        return char(tonumber(digits, 16))
    end))
end

-- The text without what matches the pattern, whose capture is that part.
local function cut(text, pattern, parts, part)
    return (text:gsub(pattern, function(found)
        parts[part] = found
        return ""
    end))
end

-- The parts of a URL, into a copy of `default`.
function module.parse(text, default)
    local parts = {}
    for key, value in pairs(default or {}) do
        parts[key] = value
    end
    if not text or text == "" then
        return nil, "invalid url"
    end
    text = cut(text, "#(.*)$", parts, "fragment")
    text = cut(text, "^([%a][%w%+%-%.]*):", parts, "scheme")
    text = cut(text, "^//([^/%?]*)", parts, "authority")
    text = cut(text, "%?(.*)$", parts, "query")
    text = cut(text, ";(.*)$", parts, "params")
    if text ~= "" then
        parts.path = text
    end
    local authority = parts.authority
    if not authority then
        return parts
    end
    authority = cut(authority, "^(.*)@", parts, "userinfo")
    authority = cut(authority, ":([^:%]]*)$", parts, "port")
    if authority ~= "" then
        parts.host = authority:match("^%[(.+)%]$") or authority
    end
    if parts.userinfo then
        local user, password = parts.userinfo:match("^([^:]*):(.*)$")
        parts.user, parts.password = user or parts.userinfo, password
    end
    return parts
end

-- A URL of its parts.
function module.build(parts)
    local text = parts.path or ""
    if parts.params then
        text = text .. ";" .. parts.params
    end
    if parts.query then
        text = text .. "?" .. parts.query
    end
    local authority = parts.authority
    if parts.host then
        authority = parts.host
        if authority:find(":", 1, true) then
            authority = "[" .. authority .. "]"
        end
        if parts.port then
            authority = authority .. ":" .. format("%d", parts.port)
        end
        local user = parts.userinfo
        if parts.user then
            user = parts.password and parts.user .. ":" .. parts.password or parts.user
        end
        if user then
            authority = user .. "@" .. authority
        end
    end
    if authority then
        text = "//" .. authority .. text
    end
    if parts.scheme then
        text = parts.scheme .. ":" .. text
    end
    if parts.fragment then
        text = text .. "#" .. parts.fragment
    end
    return text
end

-- The parts of a path, unescaped, with what the slashes at its ends say.
function module.parse_path(path)
    local parts = {}
    path = path or ""
    for part in path:gmatch("[^/]+") do
        parts[#parts + 1] = module.unescape(part)
    end
    parts.is_absolute = path:sub(1, 1) == "/" and 1 or nil
    parts.is_directory = path:sub(-1) == "/" and 1 or nil
    return parts
end

-- A path of its parts; they are escaped unless `unsafe`.
function module.build_path(parts, unsafe)
    local escaped = {}
    for index, part in ipairs(parts) do
        escaped[index] = unsafe and part or module.escape(part)
    end
    local path = concat(escaped, "/")
    if parts.is_directory and #escaped > 0 then
        path = path .. "/"
    end
    return parts.is_absolute and "/" .. path or path
end

local function without_dots(path)
    local kept = {}
    local last = path:match("[^/]*$")
    for part in path:gmatch("[^/]*") do
        if part == ".." then
            kept[#kept] = nil
        elseif part ~= "." and part ~= "" then
            kept[#kept + 1] = part
        end
    end
    local folder = last == "" or last == "." or last == ".."
    local text = concat(kept, "/")
    if folder and text ~= "" then
        text = text .. "/"
    end
    return path:sub(1, 1) == "/" and "/" .. text or text
end

-- What `reference` means where `base` is.
function module.absolute(base, reference)
    local from = type(base) == "table" and base or module.parse(base)
    if not from then
        return reference
    elseif not reference or reference == "" then
        return module.build(from)
    end
    local to = module.parse(reference)
    if to.scheme then
        return reference
    end
    to.scheme = from.scheme
    if not to.authority then
        to.authority, to.host, to.port, to.userinfo = from.authority, from.host, from.port, from.userinfo
        if not to.path then
            to.path = from.path
            -- Parameters belong to the path.
            if not to.params then
                to.params, to.query = from.params, to.query or from.query
            end
        elseif to.path:sub(1, 1) ~= "/" then
            local folder = (from.path or "/"):gsub("[^/]*$", "")
            to.path = without_dots((folder == "" and "/" or folder) .. to.path)
        else
            to.path = without_dots(to.path)
        end
    end
    return module.build(to)
end

return module
