for index = 0, #argv do
    freeswitch.consoleLog("info", index .. ": " .. argv[index])
end
