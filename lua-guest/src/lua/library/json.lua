-- json and dkjson: JSON where null is nil.
local native, _, name = ...
local decode, encode, null = native.json_decode, native.json_encode, native.null
local error, type, pairs = error, type, pairs

local module = { null = null, version = "Ringfence" }

-- Null in a table is no value; in a list it leaves a hole.
local function without_null(value)
    if value == null then
        return nil
    elseif type(value) == "table" then
        for key, member in pairs(value) do
            if member == null then
                value[key] = nil
            else
                without_null(member)
            end
        end
    end
    return value
end

local function options(state)
    local indent
    if type(state) == "table" and state.indent then
        indent = 2
    end
    return { empty_array = true, sparse = true, indent = indent }
end

if name == "dkjson" then
    -- Reads from `position`; answers the value and where it ended, or nil, where, and why. A null is
    -- `nullvalue`.
    function module.decode(text, position, nullvalue)
        if position and position > 1 then
            text = text:sub(position)
        end
        local done, value = decode(text)
        if not done then
            return nil, #text + 1, value
        end
        if nullvalue ~= null then
            value = without_null(value)
        end
        if value == nil then
            value = nullvalue
        end
        return value, (position or 1) + #text
    end

    function module.encode(value, state)
        local text, problem = encode(value, options(state))
        if not text then
            error(problem, 2)
        end
        return text
    end

    function module.quotestring(text)
        return (encode(text, options()))
    end

    function module.use_lpeg()
        return module
    end
else
    function module.decode(text)
        if type(text) ~= "string" then
            error("expected argument of type string, got " .. type(text), 2)
        end
        local done, value = decode(text)
        if not done then
            error(value, 2)
        end
        return without_null(value)
    end

    function module.encode(value)
        local text, problem = encode(value, options())
        if not text then
            error(problem, 2)
        end
        return text
    end
end

return module
