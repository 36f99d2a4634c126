-- ltn12: sources give pieces of data and then nil, sinks take them, filters change them.
local error, select, type, unpack = error, select, type, table.unpack or unpack

local BLOCK = 2048
local module = { BLOCKSIZE = BLOCK, _VERSION = "LTN12 1.0.3", source = {}, sink = {}, filter = {}, pump = {} }
local source, sink, filter, pump = module.source, module.sink, module.filter, module.pump

function source.empty()
    return function()
        return nil
    end
end

function source.error(problem)
    return function()
        return nil, problem
    end
end

function source.file(file, problem)
    if not file then
        return source.error(problem or "unable to open file")
    end
    return function()
        local piece = file:read(module.BLOCKSIZE)
        if not piece then
            file:close()
        end
        return piece
    end
end

function source.string(text)
    if not text then
        return source.empty()
    end
    local at = 1
    return function()
        local piece = text:sub(at, at + module.BLOCKSIZE - 1)
        at = at + module.BLOCKSIZE
        return piece ~= "" and piece or nil
    end
end

source.table = function(pieces)
    local at = 0
    return function()
        at = at + 1
        return pieces[at]
    end
end

-- A source may answer a second value: the source that goes on from there.
function source.simplify(from)
    return function()
        local piece, after = from()
        from = after or from
        return piece
    end
end

-- All of one source after the other.
function source.cat(...)
    local sources, at = { ... }, 1
    return function()
        while sources[at] do
            local piece, problem = sources[at]()
            if piece then
                return piece
            elseif problem then
                return nil, problem
            end
            at = at + 1
        end
        return nil
    end
end

-- A source through a filter. A filter is given nil at the end, and may answer "" when it needs more.
local function through(from, change)
    local ended = false
    return function()
        if ended then
            return nil
        end
        while true do
            local piece, problem = from()
            if problem then
                return nil, problem
            end
            local changed = change(piece)
            if piece == nil then
                ended = true
                return changed ~= "" and changed or nil
            elseif changed and changed ~= "" then
                return changed
            end
        end
    end
end

function source.chain(from, ...)
    for at = 1, select("#", ...) do
        from = through(from, (select(at, ...)))
    end
    return from
end

source.rewind = function(from)
    local back = {}
    return function(piece)
        if piece == nil then
            if #back > 0 then
                local last = back[#back]
                back[#back] = nil
                return last
            end
            return from()
        end
        back[#back + 1] = piece
    end
end

function sink.null()
    return function()
        return 1
    end
end

function sink.error(problem)
    return function()
        return nil, problem
    end
end

function sink.file(file, problem)
    if not file then
        return sink.error(problem or "unable to open file")
    end
    return function(piece)
        if piece == nil then
            file:close()
            return 1
        end
        return file:write(piece)
    end
end

sink.table = function(pieces)
    pieces = pieces or {}
    return function(piece)
        if piece then
            pieces[#pieces + 1] = piece
        end
        return 1
    end, pieces
end

-- A sink may answer a second value: the sink that goes on from there.
function sink.simplify(to)
    return function(piece, problem)
        local done, after = to(piece, problem)
        if not done then
            return nil, after
        end
        to = after or to
        return 1
    end
end

local function into(change, to)
    return function(piece, problem)
        if problem then
            return to(nil, problem)
        end
        local changed = change(piece)
        if changed and changed ~= "" then
            local done, wrong = to(changed)
            if not done then
                return nil, wrong
            end
        end
        if piece == nil then
            return to(nil)
        end
        return 1
    end
end

-- Filters first, the sink last.
function sink.chain(...)
    local parts = { ... }
    local to = parts[#parts]
    for at = #parts - 1, 1, -1 do
        to = into(parts[at], to)
    end
    return to
end

-- A filter of a function that keeps a context: `low(context, piece, extra)` answers both.
function filter.cycle(low, context, extra)
    return function(piece)
        local changed
        changed, context = low(context, piece, extra)
        return changed
    end
end

function filter.chain(...)
    local changes = { ... }
    return function(piece)
        local ended = piece == nil
        for at = 1, #changes do
            local changed = changes[at](piece)
            if ended then
                -- What this one kept back, and then the end, for the next.
                local rest = changed and changed ~= "" and changed or nil
                if rest and changes[at + 1] then
                    local following = {}
                    for next = at + 1, #changes do
                        following[#following + 1] = changes[next]
                    end
                    local others = filter.chain(unpack(following))
                    return (others(rest) or "") .. (others(nil) or "")
                end
                piece = rest
            else
                piece = changed
            end
        end
        return piece
    end
end

-- One piece; answers 1, or nil at the end, or nil and why.
function pump.step(from, to)
    local piece, problem = from()
    local done, wrong = to(piece, problem)
    if piece and done then
        return 1
    end
    return nil, problem or wrong
end

function pump.all(from, to, step)
    if type(from) ~= "function" or type(to) ~= "function" then
        error("pump.all: a source and a sink are wanted", 2)
    end
    step = step or pump.step
    while true do
        local done, problem = step(from, to)
        if not done then
            if problem then
                return nil, problem
            end
            return 1
        end
    end
end

return module
