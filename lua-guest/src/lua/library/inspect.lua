-- inspect: a value as text that people can read.
local type, tostring, pairs, setmetatable = type, tostring, pairs, setmetatable
local format, concat, sort, floor = string.format, table.concat, table.sort, math.floor

-- How deep tables are shown that are within each other, so that the text of one ends.
local DEPTH = 64

local ORDER = { number = 1, boolean = 2, string = 3, table = 4, ["function"] = 5, userdata = 6, thread = 7 }

local function before(a, b)
    local left, right = type(a), type(b)
    if left == right and (left == "number" or left == "string") then
        return a < b
    end
    return (ORDER[left] or 8) < (ORDER[right] or 8)
end

local function quoted(text)
    if text:find('"', 1, true) and not text:find("'", 1, true) then
        text = "'" .. text:gsub("\\", "\\\\") .. "'"
    else
        text = '"' .. text:gsub('[\\"]', "\\%0") .. '"'
    end
    return (text:gsub("\n", "\\n"):gsub("\r", "\\r"):gsub("\t", "\\t"):gsub("[%z\1-\31\127]", function(byte)
        return format("\\%03d", byte:byte())
    end))
end

local function render(value, options, level, seen)
    local kind = type(value)
    if kind == "string" then
        return quoted(value)
    elseif kind ~= "table" then
        if kind == "number" or kind == "boolean" or kind == "nil" then
            return tostring(value)
        end
        return "<" .. kind .. ">"
    elseif seen[value] then
        return "<table " .. seen[value] .. ">"
    elseif level >= (options.depth or DEPTH) then
        return "{...}"
    end
    seen.count = seen.count + 1
    seen[value] = seen.count

    local pieces, length = {}, #value
    for at = 1, length do
        pieces[at] = render(value[at], options, level + 1, seen)
    end
    local keys = {}
    for key in pairs(value) do
        if not (type(key) == "number" and key >= 1 and key <= length and floor(key) == key) then
            keys[#keys + 1] = key
        end
    end
    sort(keys, before)
    for _, key in pairs(keys) do
        local name = key
        if type(key) ~= "string" or not key:find("^[%a_][%w_]*$") then
            name = "[" .. render(key, options, level + 1, seen) .. "]"
        end
        pieces[#pieces + 1] = name .. " = " .. render(value[key], options, level + 1, seen)
    end

    if #pieces == 0 then
        return "{}"
    elseif #keys == 0 then
        return "{ " .. concat(pieces, ", ") .. " }"
    end
    local newline, indent = options.newline or "\n", options.indent or "  "
    local margin = newline .. indent:rep(level + 1)
    return "{" .. margin .. concat(pieces, "," .. margin) .. newline .. indent:rep(level) .. "}"
end

local function inspect(value, options)
    return render(value, type(options) == "table" and options or {}, 0, { count = 0 })
end

return setmetatable({ inspect = inspect, _VERSION = "Ringfence" }, {
    __call = function(_, value, options)
        return inspect(value, options)
    end,
})
