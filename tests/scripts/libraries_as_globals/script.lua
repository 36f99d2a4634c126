-- Scripts of LuaSocket 2 and LuaSQL 2 require for the globals.
require "luasql.sqlite3"
require "socket.http"
require "lfs"
require "cjson"

local environment = assert(luasql.sqlite3())
local connection = assert(environment:connect(":memory:"))
local cursor = assert(connection:execute("select 7 as seven"))
print(cursor:fetch({}, "a").seven)
print(type(socket.http.request), type(socket.gettime), type(socket.url.parse), type(ltn12.source.string))
print(type(lfs.attributes), cjson.encode({ 1, 2 }))

-- What the script has under such a name stays.
json = "mine"
require "json"
print(json)
