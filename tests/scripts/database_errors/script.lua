-- What a database answers to what is wrong.
local function show(...)
    local texts = {}
    for index = 1, select("#", ...) do
        texts[index] = tostring((select(index, ...)))
    end
    print(table.concat(texts, " | "))
end

for _, name in ipairs({ "", "http://x", "../x", "mariadb://x", "sqlite:///no/such/folder/x.db" }) do
    local dbh = freeswitch.Dbh(name)
    show(dbh:connected(), dbh:last_error())
end
local dbh = freeswitch.Dbh(":memory:")
show(dbh:query("SELECT ?", { 1, 2 }), dbh:last_error())
show(dbh:query("SELECT ?; SELECT ?", { 1 }), dbh:last_error())
show(pcall(dbh.query, dbh, "SELECT ?", { {} }))
show(pcall(dbh.query, dbh, "SELECT ?", { 1 }, 5))
local done, rows, problem = dbh:query_rows("SELECT * FROM nowhere")
show(done, #rows, problem)
done, rows, problem = dbh:query_rows("SELECT ? AS a, ? AS b", { n = 2, nil, "\0\255" })
show(done, #rows, rows[1].a, rows[1].b == "\0\255", problem)
show(dbh:query(("x"):rep(70000)), dbh:last_error())
show(dbh:query("SELECT zeroblob(100000000)"), dbh:last_error())
show(dbh:query("ATTACH '/tmp/ringfence-other.db' AS other; DETACH other"))
show(dbh:load_extension("evil"))
local seen = 0
show(dbh:query("SELECT 1 UNION SELECT 2", function() seen = seen + 1 error("in the function") end), seen)
show(dbh:release(), dbh:release(), dbh:query("SELECT 1"), dbh:affected_rows(), dbh:last_error())
