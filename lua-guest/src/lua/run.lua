-- One run: settings first, then the script under a handler that keeps the traceback.
local begin_files, begin_load = ...
local debug, math, xpcall, type, tostring = debug, math, xpcall, type, tostring
local getmetatable, traceback = debug.getmetatable, debug.traceback

-- Scripts could reach into the host's own references with it.
debug.getregistry = nil

local function begin(settings)
    math.randomseed(settings.seed)
    begin_files(settings)
    begin_load(settings)
end

local function describe(problem)
    if type(problem) == "string" or type(problem) == "number" then
        return tostring(problem)
    end
    local meta = getmetatable(problem)
    if meta and meta.__tostring then
        return tostring(problem)
    end
    return "(error object is a " .. type(problem) .. " value)"
end

local function handle(problem)
    return { describe(problem), traceback("", 2) }
end

local function protect(chunk)
    local done, problem = xpcall(chunk, handle)
    if done then
        return true
    elseif type(problem) == "table" then
        return false, problem[1], problem[2]
    end
    -- The handler itself failed: no stack or no memory was left.
    return false, describe(problem), ""
end

return begin, protect
