-- What earlier versions of Lua have and this one has dropped, as far as scripts still use it and it can be had
-- at no price. What is there is left alone.
local bits = ...
local _G, package, type, pairs, select = _G, package, type, pairs, select
local setmetatable, rawget, error, log = setmetatable, rawget, error, math.log
local getinfo, getupvalue, upvaluejoin = debug.getinfo, debug.getupvalue, debug.upvaluejoin
local gmatch, match = string.gmatch, string.match

local function add(library, name, value)
    if library[name] == nil then
        library[name] = value
    end
end

local function length(list)
    return #list
end

add(_G, "unpack", table.unpack)
add(_G, "loadstring", load)
add(_G, "bit32", bits)
add(string, "gfind", gmatch)
add(table, "getn", length)

add(table, "maxn", function(list)
    local greatest = 0
    for key in pairs(list) do
        if type(key) == "number" and key > greatest then
            greatest = key
        end
    end
    return greatest
end)

add(table, "foreach", function(list, call)
    for key, value in pairs(list) do
        local answer = call(key, value)
        if answer ~= nil then
            return answer
        end
    end
end)

add(table, "foreachi", function(list, call)
    for at = 1, #list do
        local answer = call(at, list[at])
        if answer ~= nil then
            return answer
        end
    end
end)

add(math, "pow", function(base, exponent)
    return base ^ exponent
end)

add(math, "log10", function(number)
    return log(number, 10)
end)

add(math, "mod", math.fmod)
add(package, "loaders", package.searchers)

add(package, "seeall", function(module)
    setmetatable(module, { __index = _G })
end)

-- The table of that dotted name, made where there is none.
local function named(name)
    local at = _G
    for word in gmatch(name, "[^.]+") do
        local inner = rawget(at, word)
        if inner == nil then
            inner = {}
            at[word] = inner
        elseif type(inner) ~= "table" then
            error("name conflict for module '" .. name .. "'", 3)
        end
        at = inner
    end
    return at
end

-- Makes a module of the chunk that calls it: its globals are the module's from here on.
add(_G, "module", upvaluejoin and function(name, ...)
    local module = package.loaded[name]
    if type(module) ~= "table" then
        module = named(name)
        package.loaded[name] = module
    end
    if module._NAME == nil then
        module._M, module._NAME = module, name
        module._PACKAGE = match(name, "^(.*%.)[^.]*$") or ""
    end
    local caller = getinfo(2, "f").func
    local index = 1
    local upvalue = getupvalue(caller, index)
    while upvalue ~= nil and upvalue ~= "_ENV" do
        index = index + 1
        upvalue = getupvalue(caller, index)
    end
    if upvalue == nil then
        error("'module' not called from a Lua function", 2)
    end
    upvaluejoin(caller, index, function()
        return module
    end, 1)
    for at = 1, select("#", ...) do
        select(at, ...)(module)
    end
end)
