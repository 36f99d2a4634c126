-- Files: relative names, messages that name the permission, and nothing left unwritten at the end.
local system, blame = ...
local denied = system.denied
local io, os, type, pairs, pcall, setmetatable, error = io, os, type, pairs, pcall, setmetatable, error
local concat, stdout, stderr = table.concat, io.stdout, io.stderr
local open, lines, input, output, kind = io.open, io.lines, io.input, io.output, io.type
local remove, rename, collect = os.remove, os.rename, collectgarbage

-- Settings of this run; see `begin`.
local directory, grants, profile = "/", {}, ""
-- Files that the script opened and may leave open; closing them writes what they hold back.
local opened = setmetatable({}, { __mode = "k" })

-- A name without `.` and `..`, which could not lead from one granted directory to another.
local function plain(path)
    local parts = {}
    for part in path:gmatch("[^/]+") do
        if part == ".." then
            parts[#parts] = nil
        elseif part ~= "." then
            parts[#parts + 1] = part
        end
    end
    return "/" .. concat(parts, "/")
end

local function resolve(name)
    if type(name) ~= "string" then
        return name
    end
    if name:sub(1, 1) ~= "/" then
        name = directory .. "/" .. name
    end
    return name:find("/.", 1, true) and plain(name) or name
end

-- Error numbers of WASI, as Linux counts: scripts compare them.
local LINUX = {
    [2] = 13, [8] = 9, [20] = 17, [28] = 22, [31] = 21, [44] = 2, [51] = 28, [54] = 20, [55] = 39,
    [63] = 1, [69] = 30, [75] = 18, [76] = 1,
}
local EACCES, EMFILE = 13, 24
-- Too many are open: WASI has no error for it, the server answers this one.
local ENOMEM, OUT_OF_MEMORY = 48, "Out of memory"

local function too_many(name)
    return name .. ": too many open files: profile " .. profile .. " allows no more"
end

-- The system says "no such file" for what is outside of the granted directories.
local function explain(name, write, message, code)
    if code == ENOMEM then
        return nil, too_many(name), EMFILE
    end
    local why = denied(name, write)
    if why then
        return nil, why, EACCES
    end
    return nil, message, LINUX[code] or code
end

-- The same for a function that raises its errors.
local function raised(name, write, done, message, ...)
    if not done and type(name) == "string" then
        if type(message) == "string" and message:find(OUT_OF_MEMORY, 1, true) then
            message = too_many(name)
        else
            message = denied(name, write) or message
        end
    end
    return done, message, ...
end

function io.open(name, mode, ...)
    if type(name) ~= "string" or not (mode == nil or type(mode) == "string" and mode:find("^[rwa]%+?b?$")) then
        return blame("open", pcall(open, name, mode, ...))
    end
    name = resolve(name)
    local file, message, code = open(name, mode)
    if code == ENOMEM then
        -- Those that nothing refers to are closed when they are collected.
        collect()
        file, message, code = open(name, mode)
    end
    if file then
        opened[file] = true
        return file
    end
    return explain(name, mode ~= nil and mode:find("[wa+]") ~= nil, message, code)
end

function io.lines(name, ...)
    if name == nil then
        return lines()
    end
    name = resolve(name)
    return blame("lines", raised(name, false, pcall(lines, name, ...)))
end

function io.input(file)
    if file == nil then
        return input()
    end
    file = resolve(file)
    return blame("input", raised(file, false, pcall(input, file)))
end

function io.output(file)
    if file == nil then
        return output()
    end
    file = resolve(file)
    return blame("output", raised(file, true, pcall(output, file)))
end

function os.remove(name, ...)
    if type(name) ~= "string" then
        return blame("remove", pcall(remove, name, ...))
    end
    name = resolve(name)
    local done, message, code = remove(name)
    if done then
        return done
    end
    return explain(name, true, message, code)
end

function os.rename(from, to, ...)
    if type(from) ~= "string" or type(to) ~= "string" then
        return blame("rename", pcall(rename, from, to, ...))
    end
    from, to = resolve(from), resolve(to)
    local done, message, code = rename(from, to)
    if done then
        return done
    end
    local why = denied(from, true)
    if why then
        return nil, why, EACCES
    end
    return explain(to, true, message, code)
end

function os.tmpname()
    for _, grant in pairs(grants) do
        if grant.write then
            return grant.path .. "/lua_" .. system.unique()
        end
    end
    error("os.tmpname: " .. denied("a temporary file", true), 2)
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
    stdout:flush()
    stderr:flush()
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

return begin, resolve, finish, explain
