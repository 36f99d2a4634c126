-- What a standard function raised, as an error of the script's line: the functions that replace it
-- stand between, and `pcall` takes its name away.
local error, type = error, type

-- Lua 5.1 counts the frame that a tail call left; later versions do not.
local CALLER = _VERSION == "Lua 5.1" and 3 or 2

return function(name, done, message, ...)
    if done then
        return message, ...
    end
    if type(message) == "string" then
        message = message:gsub("'%?'", "'" .. name .. "'", 1)
    end
    error(message, CALLER)
end
