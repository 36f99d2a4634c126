-- An IVR that asks for a customer's number and pin, and keeps a record of each try.
local dbh = freeswitch.Dbh("sqlite://customers")
assert(dbh:connected())
dbh:test_reactive("SELECT count(*) FROM customers", "DROP TABLE IF EXISTS customers",
    "CREATE TABLE customers(number TEXT PRIMARY KEY, name TEXT, pin TEXT)")
dbh:query("CREATE TABLE tries(number TEXT, good INTEGER)")
for _, customer in ipairs({ { "100", "Ann O'Hara", "1234" }, { "200", "Bob", "9999" } }) do
    assert(dbh:query("INSERT INTO customers VALUES (?, ?, ?)", customer))
end

session:answer()
local number = session:getDigits(5, "#", 5000)
local pin = session:getDigits(5, "#", 5000)
local name
dbh:query("SELECT name FROM customers WHERE number = ? AND pin = ?", { number, pin }, function(row)
    name = row.name
    -- Another statement while this one has its rows.
    dbh:query("INSERT INTO tries VALUES (?, ?)", { number, true })
end)
freeswitch.consoleLog("info", "customer: " .. tostring(name) .. "\n")

local done, tries = dbh:query_rows("SELECT number, good FROM tries")
freeswitch.consoleLog("info", ("%s %d %s %s\n"):format(tostring(done), #tries, tries[1].number, tries[1].good))

dbh:query("BEGIN")
dbh:query("DELETE FROM customers")
freeswitch.consoleLog("info", dbh:affected_rows() .. " deleted\n")
dbh:query("ROLLBACK")
dbh:query("SELECT count(*) AS n, NULL AS empty FROM customers", function(row)
    freeswitch.consoleLog("info", row.n .. " left, empty is '" .. row.empty .. "'\n")
end)
freeswitch.consoleLog("info", tostring(dbh:release()) .. " " .. tostring(dbh:connected()) .. "\n")
