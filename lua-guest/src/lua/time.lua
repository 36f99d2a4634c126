-- Local time: the guest's libc knows UTC only, the server knows the offset.
local system, blame = ...
local date, time, type, pcall = os.date, os.time, type, pcall
local local_offset = system.local_offset

os.clock = system.clock
os.getenv = system.environment

function os.date(format, at)
    if format == nil then
        format = "%c"
    end
    if type(format) ~= "string" or format:sub(1, 1) == "!" then
        return blame("date", pcall(date, format, at))
    end
    at = at or time()
    if type(at) ~= "number" then
        return blame("date", pcall(date, format, at))
    end
    return blame("date", pcall(date, "!" .. format, at + local_offset(at)))
end

function os.time(fields)
    if type(fields) ~= "table" then
        return blame("time", pcall(time, fields))
    end
    -- What the fields would be in UTC; around a change of the clocks the second look decides.
    local done, utc = pcall(time, fields)
    if not done or utc == nil then
        return blame("time", done, utc)
    end
    local offset = local_offset(utc)
    local again = local_offset(utc - offset)
    return utc - (again ~= offset and again or offset)
end
