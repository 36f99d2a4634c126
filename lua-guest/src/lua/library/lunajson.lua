-- lunajson: JSON where null is what the script says, or nil.
local native = ...
local decode, encode, null = native.json_decode, native.json_encode, native.null
local error, type, pairs = error, type, pairs

local module = {}

-- The value with `replacement` for null.
local function replaced(value, replacement)
    if value == null then
        return replacement
    elseif type(value) == "table" then
        for key, member in pairs(value) do
            if member == null then
                value[key] = replacement
            else
                replaced(member, replacement)
            end
        end
    end
    return value
end

-- With a position, reads from there to the end of the text, and answers what is behind it, too. Unlike
-- lunajson it takes text behind the value for an error.
function module.decode(text, position, nullvalue)
    if type(text) ~= "string" then
        error("bad argument #1 to 'decode' (string expected, got " .. type(text) .. ")", 2)
    end
    local done, value = decode(position and position > 1 and text:sub(position) or text)
    if not done then
        error(value, 2)
    elseif position then
        return replaced(value, nullvalue), #text + 1
    end
    return (replaced(value, nullvalue))
end

-- A copy in which `nullvalue` is null, so that the script's own table stays.
local function with_null(value, nullvalue)
    if value == nullvalue then
        return null
    elseif type(value) ~= "table" then
        return value
    end
    local copy = {}
    for key, member in pairs(value) do
        copy[key] = with_null(member, nullvalue)
    end
    return copy
end

function module.encode(value, nullvalue)
    if nullvalue ~= nil then
        value = with_null(value, nullvalue)
    end
    local text, problem = encode(value, { sparse = true })
    if not text then
        error(problem, 2)
    end
    return text
end

return module
