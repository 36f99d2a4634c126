-- Local time: the guest's libc knows UTC only, the server knows the offset.
local system = ...
local date, time, type = os.date, os.time, type
local local_offset = system.local_offset

os.clock = system.clock
os.getenv = system.environment

function os.date(format, at)
    if format == nil then
        format = "%c"
    end
    if type(format) ~= "string" or format:sub(1, 1) == "!" then
        return date(format, at)
    end
    at = at or time()
    if type(at) ~= "number" then
        return date(format, at)
    end
    return date("!" .. format, at + local_offset(at))
end

function os.time(fields)
    if type(fields) ~= "table" then
        return time(fields)
    end
    -- What the fields would be in UTC; around a change of the clocks the second look decides.
    local utc = time(fields)
    local offset = local_offset(utc)
    local again = local_offset(utc - offset)
    return utc - (again ~= offset and again or offset)
end
