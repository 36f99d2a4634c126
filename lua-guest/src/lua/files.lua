-- Files: relative names, messages that name the profile, and nothing left unwritten at the end.
local system = ...
local io, os, type, pairs, tostring, setmetatable = io, os, type, pairs, tostring, setmetatable
local open, lines, input, output, kind = io.open, io.lines, io.input, io.output, io.type
local remove, rename = os.remove, os.rename

-- Settings of this run; see `begin`.
local directory, grants, profile = "/", {}, ""
-- Files that the script opened and may leave open; closing them writes what they hold back.
local opened = setmetatable({}, { __mode = "k" })

local function resolve(name)
    if type(name) == "string" and name:sub(1, 1) ~= "/" then
        return directory .. "/" .. name
    end
    return name
end

local function granted(name, write)
    for _, grant in pairs(grants) do
        local path = grant.path
        if (grant.write or not write)
            and (name == path or path == "/" or name:sub(1, #path + 1) == path .. "/") then
            return true
        end
    end
    return false
end

-- The system says "no such file" for what is outside of the granted directories.
local function explain(name, write, message)
    if granted(name, write) then
        return message
    end
    return name .. ": not permitted by profile " .. profile
end

function io.open(name, mode, ...)
    if type(name) ~= "string" or not (mode == nil or type(mode) == "string" and mode:find("^[rwa]%+?b?$")) then
        return open(name, mode, ...)
    end
    name = resolve(name)
    local file, message, code = open(name, mode)
    if file then
        opened[file] = true
        return file
    end
    return nil, explain(name, mode ~= nil and mode:find("[wa+]") ~= nil, message), code
end

function io.lines(name, ...)
    if name == nil then
        return lines()
    end
    return lines(resolve(name), ...)
end

function io.input(file)
    if file == nil then
        return input()
    end
    return input(resolve(file))
end

function io.output(file)
    if file == nil then
        return output()
    end
    return output(resolve(file))
end

function os.remove(name, ...)
    if type(name) ~= "string" then
        return remove(name, ...)
    end
    name = resolve(name)
    local done, message, code = remove(name)
    if done then
        return done
    end
    return nil, explain(name, true, message), code
end

function os.rename(from, to, ...)
    if type(from) ~= "string" or type(to) ~= "string" then
        return rename(from, to, ...)
    end
    from, to = resolve(from), resolve(to)
    local done, message, code = rename(from, to)
    if done then
        return done
    end
    return nil, explain(granted(from, true) and to or from, true, message), code
end

function os.tmpname()
    for _, grant in pairs(grants) do
        if grant.write then
            return grant.path .. "/lua_" .. system.unique()
        end
    end
    error("os.tmpname: profile " .. profile .. " grants no directory to write to", 2)
end

function io.tmpfile()
    local done, name = pcall(os.tmpname)
    if not done then
        return nil, name
    end
    local file, message, code = io.open(name, "w+b")
    if file then
        -- The name goes, the file stays until it is closed, where the system can do that.
        remove(name)
    end
    return file, message, code
end

local function refused()
    return nil, "not permitted by profile " .. profile
end

io.popen = refused

function os.execute(command)
    if command == nil then
        return _VERSION == "Lua 5.1" and 0 or false
    end
    return refused()
end

function os.exit(status)
    if status == nil or status == true then
        status = 0
    elseif status == false then
        status = 1
    end
    system.exit(status)
end

local function begin(settings)
    directory, grants, profile = settings.directory, settings.directories, settings.profile
end

local function finish()
    io.stdout:flush()
    io.stderr:flush()
    local out = output()
    if kind(out) == "file" then
        out:flush()
    end
    for file in pairs(opened) do
        if kind(file) == "file" then
            file:close()
        end
    end
end

return begin, resolve, finish
