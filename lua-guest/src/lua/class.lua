-- What the classes share: how an object finds its methods and fields, and what `getmetatable` shows of
-- it, where well-known scripts look for the names of functions (SWIG keeps them in `.fn`).
local getmetatable, error, next, tostring, type = getmetatable, error, next, tostring, type
local real = debug.getmetatable
local shown = {}

function _G.getmetatable(...)
    local meta = getmetatable(...)
    -- False is how a metatable is protected that scripts must not change.
    if meta == false and type((...)) == "userdata" then
        return shown[real((...)).__name]
    end
    return meta
end

-- Answers `__index` and `__newindex`. Methods are found without a call when there are no fields.
return function(name, methods, getters)
    local index = methods
    if next(getters) then
        index = function(object, key)
            local method = methods[key]
            if method ~= nil then
                return method
            end
            local getter = getters[key]
            return getter and getter(object)
        end
    end
    local function newindex(_, key)
        error(("%s: the field '%s' cannot be set"):format(name, tostring(key)), 2)
    end
    shown[name] = {
        [".type"] = name,
        [".fn"] = methods,
        [".get"] = getters,
        [".set"] = {},
        __index = index,
        __newindex = newindex,
    }
    return index, newindex
end
