-- Raises what a native function refused, as an error of the line that called it.
local error = error

-- Lua 5.1 counts the frame that a tail call left; later versions do not.
local CALLER = _VERSION == "Lua 5.1" and 3 or 2

local function settle(done, ...)
    if done then
        return ...
    end
    local message, located = ...
    error(message, located and CALLER or 0)
end

return function(native)
    return function(...)
        return settle(native(...))
    end
end
