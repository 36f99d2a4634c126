-- The module cjson: JSON with a value for null, and errors that are raised.
local native = ...
local decode, encode, null = native.json_decode, native.json_encode, native.null
local error, type, select, setmetatable = error, type, select, setmetatable

local ARRAY, EMPTY = { __name = "array" }, {}

local function new()
    local options = { empty_array = false, sparse = false, array = ARRAY }
    local module = {
        _NAME = "cjson",
        _VERSION = "2.1.0",
        null = null,
        array_mt = ARRAY,
        empty_array_mt = ARRAY,
        empty_array = setmetatable(EMPTY, ARRAY),
        new = new,
    }

    function module.decode(text)
        if type(text) ~= "string" and type(text) ~= "number" then
            error("bad argument #1 to 'decode' (string expected, got " .. type(text) .. ")", 2)
        end
        local done, value = decode(text)
        if not done then
            error(value, 2)
        end
        return value
    end

    function module.encode(...)
        if select("#", ...) ~= 1 then
            error("bad argument #1 to 'encode' (expected 1 argument)", 2)
        end
        local text, problem = encode((...), options)
        if not text then
            error(problem, 2)
        end
        return text
    end

    function module.encode_empty_table_as_object(flag)
        if flag ~= nil then
            options.empty_array = flag == false or flag == "off"
        end
        return not options.empty_array
    end

    -- The ratio and the size from which it counts are fixed, at cjson's defaults.
    function module.encode_sparse_array(convert, ratio, safe)
        if ratio ~= nil and ratio ~= 2 or safe ~= nil and safe ~= 10 then
            error("encode_sparse_array: only ratio 2 and safe 10 are there", 2)
        end
        if convert ~= nil then
            options.sparse = convert == true or convert == "on"
        end
        return options.sparse, 2, 10
    end

    -- Numbers are always written in as many digits as they need.
    function module.encode_number_precision()
        return 17
    end

    -- There is no buffer to keep.
    function module.encode_keep_buffer()
        return false
    end

    local function depth()
        return 200
    end

    module.encode_max_depth, module.decode_max_depth = depth, depth

    local function never()
        return false
    end

    module.encode_invalid_numbers, module.decode_invalid_numbers = never, never
    return module
end

return new()
