-- Loading code: text only, and by `require` from the script directories.
local resolve = ...
local io, package, type, error = io, package, type, error
local open, raw_load = io.open, load
local OLD = _VERSION == "Lua 5.1"
local BINARY = "attempt to load a binary chunk: only source text is loaded"

local function binary(piece)
    return type(piece) == "string" and piece:byte(1) == 27
end

if OLD then
    local raw_loadstring = loadstring

    function loadstring(text, name)
        if binary(text) then
            return nil, BINARY
        end
        return raw_loadstring(text, name)
    end

    function load(reader, name)
        if type(reader) ~= "function" then
            error("bad argument #1 to 'load' (function expected, got " .. type(reader) .. ")", 2)
        end
        local first = true
        return raw_load(function()
            local piece = reader()
            if first and piece ~= nil and piece ~= "" then
                first = false
                if binary(piece) then
                    error(BINARY, 0)
                end
            end
            return piece
        end, name)
    end
else
    function load(chunk, name, mode, ...)
        if mode == nil or mode == "bt" or mode == "b" then
            mode = "t"
        end
        if binary(chunk) then
            return nil, BINARY
        end
        return raw_load(chunk, name, mode, ...)
    end

    if loadstring then
        loadstring = load
    end
end

local text_load = OLD and loadstring or load

-- As luaL_loadfile: a byte order mark and a first line that starts with # are not Lua.
local function load_file(name, ...)
    if name == nil then
        return nil, "cannot read the script from standard input: there is none"
    end
    local file, message = open(resolve(name), "rb")
    if not file then
        return nil, "cannot open " .. message
    end
    local text = file:read("*a")
    file:close()
    if text == nil then
        return nil, "cannot read " .. name
    end
    if text:sub(1, 3) == "\239\187\191" then
        text = text:sub(4)
    end
    if text:sub(1, 1) == "#" then
        text = text:gsub("^[^\n]*", "", 1)
    end
    if OLD then
        return text_load(text, "@" .. name)
    end
    return text_load(text, "@" .. name, "t", ...)
end

function loadfile(name, mode, ...)
    return load_file(name, ...)
end

function dofile(name)
    local chunk, message = load_file(name)
    if not chunk then
        error(message, 0)
    end
    return chunk()
end

-- Up to 5.3 a searcher's message brings its own line breaks.
local BREAK = _VERSION == "Lua 5.4" and "" or "\n\t"

local function search(name, path)
    local missing = {}
    local file = name:gsub("%.", "/")
    for template in path:gmatch("[^;]+") do
        local candidate = template:gsub("%?", (file:gsub("%%", "%%%%")))
        local found = open(resolve(candidate), "rb")
        if found then
            found:close()
            return candidate
        end
        missing[#missing + 1] = "no file '" .. candidate .. "'"
    end
    return nil, BREAK .. table.concat(missing, "\n\t")
end

local searchers = package.searchers or package.loaders

searchers[2] = function(name)
    if type(package.path) ~= "string" then
        error("'package.path' must be a string", 0)
    end
    local file, message = search(name, package.path)
    if not file then
        return message
    end
    local chunk, problem = load_file(file)
    if not chunk then
        error("error loading module '" .. name .. "' from file '" .. file .. "':\n\t" .. problem, 0)
    end
    return chunk, file
end

searchers[3] = function(name)
    return BREAK .. "no native module '" .. name .. "': native modules cannot load in a sandbox"
end
searchers[4] = nil

function package.loadlib()
    return nil, "native modules cannot load in a sandbox", "absent"
end
package.path = ""
package.cpath = ""

local function begin(settings)
    package.path = settings.package_path
end

return begin
