-- Asks for a PIN, looks it up in a database, greets, counts the visit.
-- argv[1]: the database.
local dbh = freeswitch.Dbh("sqlite://" .. argv[1])
if not dbh:connected() then
    freeswitch.consoleLog("err", "pin.lua: no database\n")
    session:hangup("NORMAL_TEMPORARY_FAILURE")
    return
end
dbh:test_reactive("select count(*) from users", "drop table users",
    "create table users (pin text primary key, name text, visits integer default 0)")
dbh:query("insert or ignore into users (pin, name) values ('4711', 'Ada')")
dbh:query("insert or ignore into users (pin, name) values ('0815', 'O''Hara')")

session:answer()
local name
for try = 1, 3 do
    if not session:ready() then break end
    local pin = session:playAndGetDigits(4, 4, 1, 5000, "#", "tone_stream://%(200,0,440)", "", "\\d+")
    if pin ~= "" then
        dbh:query(string.format("select name, visits from users where pin = '%s'", pin), function(row)
            name = row.name
            freeswitch.consoleLog("notice", "pin.lua: " .. name .. ", visits " .. row.visits .. "\n")
        end)
    end
    if name then
        dbh:query("update users set visits = visits + 1 where pin = '" .. pin .. "'")
        freeswitch.consoleLog("notice", "pin.lua: rows " .. dbh:affected_rows() .. "\n")
        break
    end
    freeswitch.consoleLog("notice", "pin.lua: try " .. try .. " failed\n")
end
dbh:release()
if name then
    session:setVariable("user_name", name)
    session:execute("transfer", "7611 XML default")
else
    session:hangup("CALL_REJECTED")
end
