-- The script that many use to find what there is.
local function names(list)
    local sorted = {}
    for name in pairs(list) do sorted[#sorted + 1] = name end
    table.sort(sorted)
    return #sorted .. ": " .. table.concat(sorted, " ")
end
freeswitch.consoleLog("info", names(freeswitch))
freeswitch.consoleLog("info", names(getmetatable(freeswitch.Session())[".fn"]))
freeswitch.consoleLog("info", names(getmetatable(session)[".get"]))
freeswitch.consoleLog("info", tostring(session.uuid == session:get_uuid()) .. " " .. tostring(session.nosuch))
local key = freeswitch.DTMF("5")
freeswitch.consoleLog("info", key.digit .. " " .. key.duration)
freeswitch.consoleLog("info", select(2, pcall(function() key.digit = "6" end)))
