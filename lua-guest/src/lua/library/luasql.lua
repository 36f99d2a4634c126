-- LuaSQL on the server's databases: `luasql.sqlite3`, `luasql.postgres`, `luasql.odbc`.
--
-- As LuaSQL, functions answer nil and a message where something fails, and raise an error where they are
-- called wrongly. The connections are the server's: `env:connect` waits for one of its pool.
local native, _, name = ...
local open, start, more, stop, close = native.open, native.start, native.more, native.stop, native.close
local connected = native.connected
local error, type, pairs, tostring, setmetatable = error, type, pairs, tostring, setmetatable
local rawequal, getmetatable, unpack = rawequal, getmetatable, unpack or table.unpack
local kind = name:match("([^.]+)$")

-- What each of them calls the database.
local function dsn(source, user, password, host, port)
    if kind == "sqlite3" then
        local memory = source == "" or source == ":memory:"
        return memory and "sqlite://:memory:" or "sqlite://" .. native.resolve(source)
    elseif kind == "odbc" then
        return "odbc://" .. source, user, password
    end
    -- A connection string, or a name.
    local text = source
    if not source:find("=", 1, true) and not source:find("^postgres") then
        text = source == "" and "" or "dbname='" .. source:gsub("[\\']", "\\%0") .. "'"
    elseif source:find("^postgres") then
        return source
    end
    if host then
        text = "host='" .. tostring(host):gsub("[\\']", "\\%0") .. "' " .. text
    end
    if port then
        text = "port=" .. tostring(port) .. " " .. text
    end
    return "pgsql://" .. text, user, password
end

local PREFIX = "LuaSQL: "

local function check(object, class, what)
    if type(object) ~= "table" or not rawequal(getmetatable(object), class) then
        error(PREFIX .. what .. " expected", 3)
    elseif object.closed then
        error(PREFIX .. what .. " is closed", 3)
    end
end

local Environment, Connection, Cursor = {}, {}, {}
for class, title in pairs({ [Environment] = "environment", [Connection] = "connection", [Cursor] = "cursor" }) do
    class.__index = class
    class.__name = kind .. " " .. title
    class.__tostring = function(object)
        return object.closed and kind .. " " .. title .. " (closed)" or kind .. " " .. title
    end
end

-- The statement that begins a transaction where `setautocommit(false)` was said.
local function begin(connection)
    if connection.manual and not connection.begun then
        local cursor, message = start(connection.handle, "BEGIN", false)
        if not cursor then
            return nil, message
        end
        connection.begun = true
    end
    return true
end

function Cursor:fetch(row, mode)
    check(self, Cursor, "cursor")
    while self.at > #self.rows do
        if not self.more then
            self:close()
            return nil
        end
        local rows, further, _, message = more(self.connection.handle, self.number)
        if not rows then
            self:close()
            error(PREFIX .. message, 2)
        end
        self.taken = self.taken + #self.rows
        self.rows, self.more, self.at = rows, further, 1
    end
    local values = self.rows[self.at]
    self.rows[self.at] = false
    self.at = self.at + 1
    local count = #self.names
    if row == nil then
        return unpack(values, 1, count)
    elseif type(row) ~= "table" then
        error(PREFIX .. "table expected, got " .. type(row), 2)
    end
    mode = mode or "n"
    local numbers, names = mode:find("n", 1, true), mode:find("a", 1, true)
    for index = 1, count do
        if numbers then
            row[index] = values[index]
        end
        if names then
            row[self.names[index]] = values[index]
        end
    end
    return row
end

function Cursor:close()
    if type(self) ~= "table" or self.closed then
        return false
    end
    self.closed = true
    if self.more then
        stop(self.connection.handle, self.number)
    end
    self.rows, self.connection.cursors = {}, self.connection.cursors - 1
    return true
end

function Cursor:getcolnames()
    check(self, Cursor, "cursor")
    local names = {}
    for index, column in pairs(self.names) do
        names[index] = column
    end
    return names
end

-- What the columns of the first row hold; databases that are asked for text only do not say.
function Cursor:getcoltypes()
    check(self, Cursor, "cursor")
    local types, first = {}, self.rows[self.at] or {}
    for index = 1, #self.names do
        local value = first[index]
        types[index] = type(value) == "number" and "number" or "string"
    end
    return types
end

-- How many rows there are: all must have come.
if kind == "postgres" then
    function Cursor:numrows()
        check(self, Cursor, "cursor")
        while self.more do
            local rows, further, _, message = more(self.connection.handle, self.number)
            if not rows then
                error(PREFIX .. message, 2)
            end
            for index = 1, #rows do
                self.rows[#self.rows + 1] = rows[index]
            end
            self.more = further
        end
        return self.taken + #self.rows
    end
end

function Connection:execute(statement)
    check(self, Connection, "connection")
    if type(statement) ~= "string" then
        error(PREFIX .. "statement expected, got " .. type(statement), 2)
    end
    local begun, problem = begin(self)
    if not begun then
        return nil, PREFIX .. problem
    end
    local cursor, message, names, rows, further, changed = start(self.handle, statement, true)
    if not cursor then
        return nil, PREFIX .. message
    elseif not names then
        return changed or 0
    end
    self.cursors = self.cursors + 1
    return setmetatable({
        connection = self,
        number = cursor,
        names = names,
        rows = rows,
        more = further,
        at = 1,
        taken = 0,
    }, Cursor)
end

local function finish(connection, statement)
    check(connection, Connection, "connection")
    if connection.manual and not connection.begun then
        return true
    end
    connection.begun = false
    local cursor, message = start(connection.handle, statement, false)
    if not cursor then
        return false, PREFIX .. message
    end
    return true
end

function Connection:commit()
    return finish(self, "COMMIT")
end

function Connection:rollback()
    return finish(self, "ROLLBACK")
end

function Connection:setautocommit(auto)
    check(self, Connection, "connection")
    if auto and self.begun then
        -- As LuaSQL: what is open is undone.
        finish(self, "ROLLBACK")
    end
    self.manual = not auto
    return true
end

-- For a statement that is pasted together. `?` and `freeswitch.Dbh` do without.
function Connection:escape(text)
    check(self, Connection, "connection")
    return (tostring(text):gsub("'", "''"))
end

if kind == "sqlite3" then
    function Connection:getlastautoid()
        check(self, Connection, "connection")
        local cursor, message, _, rows = start(self.handle, "SELECT last_insert_rowid()", true)
        if not cursor then
            return nil, PREFIX .. message
        end
        return rows[1][1]
    end
end

function Connection:ping()
    check(self, Connection, "connection")
    return connected(self.handle)
end

function Connection:close()
    if type(self) ~= "table" or self.closed or self.cursors > 0 then
        return false
    end
    self.closed = true
    self.environment.connections = self.environment.connections - 1
    close(self.handle)
    return true
end

function Environment:connect(source, user, password, host, port)
    check(self, Environment, "environment")
    if type(source) ~= "string" then
        error(PREFIX .. "the name of a database expected, got " .. type(source), 2)
    end
    local handle, message = open(dsn(source, user, password, host, port))
    if not handle then
        return nil, PREFIX .. message
    end
    self.connections = self.connections + 1
    return setmetatable({ handle = handle, environment = self, cursors = 0, manual = false }, Connection)
end

function Environment:close()
    if type(self) ~= "table" or self.closed or self.connections > 0 then
        return false
    end
    self.closed = true
    return true
end

return {
    _VERSION = "LuaSQL (Ringfence)",
    _CLIENTVERSION = kind,
    [kind] = function()
        return setmetatable({ connections = 0 }, Environment)
    end,
}
