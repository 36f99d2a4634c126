local env = require("luasql.sqlite3").sqlite3()
local con = assert(env:connect(":memory:"))
print(con:execute("CREATE TABLE t(a INTEGER, b TEXT, c REAL)"))
print(con:execute("INSERT INTO t VALUES (1, 'it''s', 0.5), (2, NULL, 1)"), con:getlastautoid())
local cur = assert(con:execute("SELECT a, b, c FROM t ORDER BY a"))
print(table.concat(cur:getcolnames(), " "), table.concat(cur:getcoltypes(), " "))
local row = cur:fetch({}, "a")
print(row.a, row.b, row.c)
print(cur:fetch())
print(cur:fetch(), cur:close())
print(con:escape("it's"), select(2, con:execute("bad sql")))

con:setautocommit(false)
con:execute("DELETE FROM t")
con:rollback()
cur = con:execute("SELECT count(*) FROM t")
print(cur:fetch(), con:close(), cur:close(), con:close(), env:close())

-- A million rows are read as they are asked for.
con = assert(require("luasql.sqlite3").sqlite3():connect("rows.sqlite"))
cur = con:execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n")
local count = 0
while cur:fetch() do
    count = count + 1
end
print(count)
print(pcall(cur.fetch, cur))
