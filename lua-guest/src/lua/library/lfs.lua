-- lfs: folders and what files are, within what the profile grants.
local native = ...
local files, resolve, explain = native, native.resolve, native.explain
local error, pairs, type, tostring = error, pairs, type, tostring

local module = { _VERSION = "LuaFileSystem 1.8.0" }

-- A change of the file system: true, or nil, why and the number.
local function changed(name, call, ...)
    if type(name) ~= "string" then
        error("bad argument #1 (string expected, got " .. type(name) .. ")", 3)
    end
    local path = resolve(name)
    local done, message, code = call(path, ...)
    if done then
        return done
    end
    return explain(path, true, message and path .. ": " .. message, code)
end

function module.mkdir(name)
    return changed(name, files.mkdir)
end

function module.rmdir(name)
    return changed(name, files.rmdir)
end

function module.touch(name, accessed, modified)
    local now = os.time()
    accessed = accessed or now
    return changed(name, files.touch, accessed, modified or accessed)
end

local function attributes(follow)
    return function(name, wanted)
        if type(name) ~= "string" then
            error("bad argument #1 (string expected, got " .. type(name) .. ")", 2)
        end
        local path = resolve(name)
        local found, message, code = files.attributes(path, follow)
        if not found then
            return explain(path, false, "cannot obtain information from file '" .. name .. "': "
                .. tostring(message), code)
        end
        if type(wanted) == "table" then
            for key, value in pairs(found) do
                wanted[key] = value
            end
            return wanted
        elseif wanted ~= nil then
            if found[wanted] == nil then
                error("invalid attribute name '" .. tostring(wanted) .. "'", 2)
            end
            return found[wanted]
        end
        return found
    end
end

module.attributes, module.symlinkattributes = attributes(true), attributes(false)

-- The names in a folder, `.` and `..` first: for name in lfs.dir(path) do.
function module.dir(name)
    if type(name) ~= "string" then
        error("bad argument #1 to 'dir' (string expected, got " .. type(name) .. ")", 2)
    end
    local path = resolve(name)
    local names, message, code = files.list(path)
    if not names then
        local _, why = explain(path, false, tostring(message), code)
        error("cannot open " .. name .. ": " .. tostring(why), 2)
    end
    local at = 0
    local folder = {}
    function folder.next()
        if not names then
            error("closed directory", 2)
        end
        at = at + 1
        return names[at]
    end
    function folder.close()
        names = nil
    end
    return folder.next, folder
end

function module.currentdir()
    return (resolve("."):gsub("(.)/$", "%1"))
end

function module.chdir(name)
    return nil, "Unable to change working directory to '" .. tostring(name)
        .. "': relative names are relative to the folder of scripts"
end

-- Files are bytes.
function module.setmode()
    return true, "binary"
end

local function none(what)
    return function()
        return nil, what .. " is not there in a sandbox"
    end
end

module.link, module.lock, module.unlock, module.lock_dir =
    none("link"), none("lock"), none("unlock"), none("lock_dir")

return module
