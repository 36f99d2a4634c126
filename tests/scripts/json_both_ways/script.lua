local json = freeswitch.JSON()
local order = json:decode('{"number": 7, "items": [{"name": "pizza", "sizes": [[30, 40], []]}], "note": null}')
freeswitch.consoleLog("info", order.items[1].name .. " " .. order.items[1].sizes[1][2] .. " " .. tostring(order.note))
freeswitch.consoleLog("info", json:encode({ 1, 2.5, "three", { four = true } }))
freeswitch.consoleLog("info", tostring(json:decode("{broken")))
local loop = {}
loop.loop = loop
local done, message = pcall(json.encode, json, loop)
freeswitch.consoleLog("info", message)
freeswitch.consoleLog("info", json:execute({ command = "fsapi", data = { cmd = "echo", arg = "hi" } }).message)
