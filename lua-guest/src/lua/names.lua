-- The names of libraries: under which globals they are found, and what there is instead of those that are not.
local _G, rawget, rawset, type, gmatch, match = _G, rawget, rawset, type, string.gmatch, string.match

-- Up to version 2, requiring LuaSocket and LuaSQL set globals (`require "luasql.sqlite3"`, then
-- `luasql.sqlite3()`), lfs does today, and scripts that were written for it do without the result. What a script
-- has under such a name stays.
local function announce(name, module, require)
    local at = _G
    for word in gmatch(name, "([^.]+)%.") do
        local inner = rawget(at, word)
        if inner == nil then
            inner = word == "socket" and require(word) or {}
            rawset(at, word, inner)
        elseif type(inner) ~= "table" then
            return
        end
        at = inner
    end
    local last = match(name, "[^.]+$")
    if rawget(at, last) == nil then
        rawset(at, last, match(name, "^luasql%.") and module[last] or module)
    end
end

local DATABASES = "databases are freeswitch.Dbh, luasql.sqlite3, luasql.postgres and luasql.odbc"
local MYSQL = "MySQL and MariaDB are reached through ODBC: luasql.odbc, or "
    .. "freeswitch.Dbh(\"odbc://source:user:password\")"
local SOCKETS = "a script cannot open sockets; what calls share can be kept by the commands hash and db, or in a "
    .. "database"
local XML = "there is no reader of XML; one in Lua can be put into the folder of scripts"
local MAIL = "mail is sent by freeswitch.email"
local HTTP = "HTTP is socket.http, ssl.https and the command curl"
local INSTEAD = {
    ["luasql.mysql"] = MYSQL,
    mysql = MYSQL,
    DBI = DATABASES,
    pgmoon = DATABASES,
    pgsql = DATABASES,
    lsqlite3 = DATABASES,
    odbc = DATABASES,
    ["odbc.dba"] = DATABASES,
    ESL = "within the server, freeswitch.API runs its commands and freeswitch.EventConsumer gets its events",
    redis = SOCKETS,
    hiredis = SOCKETS,
    memcached = SOCKETS,
    memcache = SOCKETS,
    websocket = SOCKETS,
    ["socket.smtp"] = MAIL,
    smtp = MAIL,
    sendmail = MAIL,
    cURL = HTTP,
    curl = HTTP,
    luacurl = HTTP,
    lcurl = HTTP,
    ["lcurl.safe"] = HTTP,
    lxp = XML,
    ["lxp.lom"] = XML,
    LuaXml = XML,
    LuaXML = XML,
    xml = XML,
    rex_pcre = "Perl's patterns are the command regex",
    cmsgpack = "values become text by cjson",
    ["luarocks.require"] = "modules in Lua can be put into the folder of scripts",
    ["luarocks.loader"] = "modules in Lua can be put into the folder of scripts",
}

local function instead(name)
    return INSTEAD[name]
        or "the server has no replacement of that name; a module in Lua can be put into the folder of scripts"
end

return announce, instead
