session:answer()
session:execute("no_such_application", "data")
session:setVariable("ready", tostring(session:ready()))
