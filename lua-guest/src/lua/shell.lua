-- os.execute and io.popen: commands of the server's system, as far as the profile allows.
local shell, blame = ...
local io, os, error, type, tostring, setmetatable, pcall = io, os, error, type, tostring, setmetatable, pcall
local select, tonumber, concat, find, sub = select, tonumber, table.concat, string.find, string.sub
local collect = collectgarbage
local kind, close_file, unpack = io.type, io.close, table.unpack or unpack
local OLD = _VERSION == "Lua 5.1"

-- What was read and not yet asked for, how it was opened, and whether it is closed, of each pipe.
local pipes = setmetatable({}, { __mode = "k" })
local methods = {}

local function need(pipe, name)
    local state = pipes[pipe]
    if not state then
        error("bad argument #1 to '" .. name .. "' (FILE* expected, got " .. type(pipe) .. ")", 3)
    elseif state.closed then
        error("attempt to use a closed file", 3)
    end
    return state
end

-- Pipes that nothing refers to are closed when they are collected; until then they count.
local function within_limits(call, ...)
    local done, problem = call(...)
    if not done and find(tostring(problem), "too many open", 1, true) then
        collect()
        return call(...)
    end
    return done, problem
end

-- Takes more of what the command says; false at its end.
local function fill(pipe, state)
    if state.write then
        return nil, "Bad file descriptor", 9
    end
    local piece, problem = shell.read(pipe, 65536)
    if not piece then
        return nil, problem
    elseif piece == "" then
        return false
    end
    state.kept = state.kept .. piece
    return true
end

local function cut(state, length)
    local taken = sub(state.kept, 1, length)
    state.kept = sub(state.kept, length + 1)
    return taken
end

local function read_line(pipe, state, with_end)
    local from = 1
    while true do
        local at = find(state.kept, "\n", from, true)
        if at then
            local line = cut(state, at)
            return with_end and line or sub(line, 1, -2)
        end
        from = #state.kept + 1
        local more, problem = fill(pipe, state)
        if more == nil then
            return nil, problem
        elseif not more then
            local rest = cut(state, #state.kept)
            return rest ~= "" and rest or nil
        end
    end
end

local function read_all(pipe, state)
    -- Pieces are joined at once: joining each to what there is would copy it again and again.
    local pieces = { state.kept }
    state.kept = ""
    while true do
        local more, problem = fill(pipe, state)
        if more == nil then
            return nil, problem
        elseif not more then
            return concat(pieces)
        end
        pieces[#pieces + 1] = state.kept
        state.kept = ""
    end
end

local function read_some(pipe, state, length)
    while #state.kept < length or (length == 0 and state.kept == "") do
        local more, problem = fill(pipe, state)
        if more == nil then
            return nil, problem
        elseif not more then
            break
        end
    end
    if state.kept == "" then
        return nil
    end
    return cut(state, length)
end

local function read_number(pipe, state)
    while not find(state.kept, "%S%s") do
        if not fill(pipe, state) then
            break
        end
    end
    local blanks, word = state.kept:match("^(%s*)(%S*)")
    local number = tonumber(word)
    if number then
        cut(state, #blanks + #word)
    end
    return number
end

local function read_one(pipe, state, format)
    if type(format) == "number" then
        return read_some(pipe, state, format)
    end
    local letter = tostring(format):match("^%*?(.)")
    if letter == "l" then
        return read_line(pipe, state, false)
    elseif letter == "L" then
        return read_line(pipe, state, true)
    elseif letter == "a" then
        return read_all(pipe, state)
    elseif letter == "n" then
        return read_number(pipe, state)
    end
    error("bad argument #1 to 'read' (invalid format)", 3)
end

function methods.read(pipe, ...)
    local state = need(pipe, "read")
    local count = select("#", ...)
    if count == 0 then
        return read_one(pipe, state, "l")
    end
    local results = {}
    for at = 1, count do
        local value, problem = read_one(pipe, state, (select(at, ...)))
        results[at] = value
        if value == nil then
            if at == 1 then
                return nil, problem
            end
            break
        end
    end
    return unpack(results, 1, count)
end

function methods.lines(pipe, format)
    need(pipe, "lines")
    return function()
        local line, problem = read_one(pipe, need(pipe, "lines"), format or "l")
        if problem then
            error(problem, 2)
        end
        return line
    end
end

function methods.write(pipe, ...)
    local state = need(pipe, "write")
    if not state.write then
        return nil, "Bad file descriptor", 9
    end
    local pieces = {}
    for at = 1, select("#", ...) do
        local value = select(at, ...)
        if type(value) ~= "string" and type(value) ~= "number" then
            error("bad argument #" .. at .. " to 'write' (string expected, got " .. type(value) .. ")", 2)
        end
        pieces[at] = value
    end
    local text = concat(pieces)
    for from = 1, #text, 65536 do
        local done, problem = shell.write(pipe, sub(text, from, from + 65535))
        if not done then
            return nil, problem
        end
    end
    return pipe
end

-- How a command ended, as os.execute says it.
local function ended(how, code)
    if not how then
        return nil, code
    elseif OLD then
        return how == "exit" and code * 256 or code
    end
    return how == "exit" and code == 0 or nil, how, code
end

function methods.close(pipe)
    local state = need(pipe, "close")
    state.closed, state.kept = true, ""
    local how, code = shell.close(pipe)
    if OLD and how then
        return true
    end
    return ended(how, code)
end

function methods.flush(pipe)
    need(pipe, "flush")
    return pipe
end

function methods.setvbuf(pipe)
    need(pipe, "setvbuf")
    return true
end

function methods.seek(pipe)
    need(pipe, "seek")
    return nil, "Illegal seek", 29
end

shell.methods(methods, function(pipe)
    local state = pipes[pipe]
    return state and state.closed and "file (closed)" or "file (popen)"
end)

function io.popen(command, mode)
    if type(command) ~= "string" and type(command) ~= "number" then
        error("bad argument #1 to 'popen' (string expected, got " .. type(command) .. ")", 2)
    end
    mode = mode or "r"
    if mode ~= "r" and mode ~= "w" then
        error("bad argument #2 to 'popen' (invalid mode)", 2)
    end
    local pipe, problem = within_limits(shell.start, tostring(command), mode == "w")
    if not pipe then
        return nil, problem
    end
    pipes[pipe] = { kept = "", write = mode == "w" }
    return pipe
end

function os.execute(command)
    if command == nil then
        -- Whether there is a shell.
        local there = shell.run("exit 0") ~= nil
        return OLD and (there and 1 or 0) or there
    elseif type(command) ~= "string" and type(command) ~= "number" then
        error("bad argument #1 to 'execute' (string expected, got " .. type(command) .. ")", 2)
    end
    return ended(within_limits(shell.run, tostring(command)))
end

function io.type(file)
    local state = pipes[file]
    if state then
        return state.closed and "closed file" or "file"
    end
    return kind(file)
end

function io.close(file)
    if file ~= nil and pipes[file] then
        return methods.close(file)
    elseif file == nil then
        return blame("close", pcall(close_file))
    end
    return blame("close", pcall(close_file, file))
end
