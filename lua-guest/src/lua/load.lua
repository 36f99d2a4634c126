-- Loading code: text only, and by `require` from the files of this run's version.
--
-- No function that takes bytecode is in reach of a script, not even by `debug`: `load_text` takes
-- text, and `find` answers functions.
local system, resolve, explain, announce, instead = ...
local find, load_text, library = system.find, system.load_text, system.library
local io, package, type, error, pcall, select = io, package, type, error, pcall, select
local ipairs, tostring, concat = ipairs, tostring, table.concat
local open, setupvalue, require = io.open, debug.setupvalue, require
local OLD = _VERSION == "Lua 5.1"

local function refuse(position, name, expected, value)
    local got = type(value)
    error("bad argument #" .. position .. " to '" .. name .. "' (" .. expected .. " expected, got " .. got .. ")", 3)
end

local function chunk_name(name, position, value, usual)
    if value == nil then
        return usual
    elseif type(value) ~= "string" and type(value) ~= "number" then
        refuse(position, name, "string", value)
    end
    return tostring(value)
end

-- What a reader function answers until nil or an empty string.
local function read(reader)
    local pieces = {}
    while true do
        local done, piece = pcall(reader)
        if not done then
            return nil, piece
        elseif piece == nil or piece == "" then
            return concat(pieces)
        elseif type(piece) ~= "string" and type(piece) ~= "number" then
            return nil, "reader function must return a string"
        end
        pieces[#pieces + 1] = piece
    end
end

if OLD then
    function loadstring(text, name)
        if type(text) ~= "string" and type(text) ~= "number" then
            refuse(1, "loadstring", "string", text)
        end
        text = tostring(text)
        return load_text(text, chunk_name("loadstring", 2, name, text))
    end

    function load(reader, name)
        if type(reader) ~= "function" then
            refuse(1, "load", "function", reader)
        end
        name = chunk_name("load", 2, name, "=(load)")
        local text, problem = read(reader)
        if not text then
            return nil, problem
        end
        return load_text(text, name)
    end
else
    function load(chunk, name, mode, ...)
        local text, problem = chunk, nil
        if type(chunk) == "number" then
            text = tostring(chunk)
        elseif type(chunk) == "function" then
            name = chunk_name("load", 2, name, "=(load)")
            text, problem = read(chunk)
            if not text then
                return nil, problem
            end
        elseif type(chunk) ~= "string" then
            refuse(1, "load", "function", chunk)
        end
        local loaded, message = load_text(text, chunk_name("load", 2, name, text))
        if loaded and select("#", ...) > 0 then
            setupvalue(loaded, 1, (...))
        end
        return loaded, message
    end

    loadstring = load
end

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
    local loaded, problem = load_text(text, "@" .. name)
    if loaded and not OLD and select("#", ...) > 0 then
        setupvalue(loaded, 1, (...))
    end
    return loaded, problem
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

local function candidates(name)
    local names = {}
    local file = name:gsub("%.", "/"):gsub("%%", "%%%%")
    for template in package.path:gmatch("[^;]+") do
        names[#names + 1] = template:gsub("%?", file)
    end
    return names
end

local searchers = package.searchers or package.loaders

searchers[2] = function(name)
    if type(package.path) ~= "string" then
        error("'package.path' must be a string", 0)
    end
    local names = candidates(name)
    local index, chunk, problem = find(name, names)
    if not index then
        for at, file in ipairs(names) do
            names[at] = "no file '" .. file .. "'"
        end
        return BREAK .. concat(names, "\n\t")
    end
    local file = names[index]
    if not chunk then
        error("error loading module '" .. name .. "' from file '" .. file .. "':\n\t" .. problem, 0)
    end
    return chunk, file
end

-- Where a native module would be found: what the server has of that name.
searchers[3] = function(name)
    local native = { resolve = resolve, explain = explain }
    local chunk = library(name, native)
    if not chunk then
        return BREAK .. "no native module '" .. name .. "': native modules cannot load in a sandbox, and "
            .. instead(name) .. " (docs/lua.md)"
    end
    return function()
        local module = chunk(native, require, name)
        announce(name, module, require)
        return module
    end, ":ringfence:"
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
