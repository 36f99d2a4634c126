-- Data choose what a macro does; a key breaks it; a menu of the script runs what it binds.
function on_input(session, kind, key)
    return "break"
end
session:answer()
session:sayPhrase("tone", "low")
session:streamFile("phrase:tone:high")
session:setInputCallback("on_input")
session:sayPhrase("tone", "long")
session:unsetInputCallback()
-- These go into the log, and the script goes on.
session:sayPhrase("nosuch")
session:say("x", "en", "number", "pronounced")
session:setVariable("spoken", tostring(session:speak("without an engine")))
local silence = "silence_stream://100"
local menu = freeswitch.IVRMenu(nil, "main", "tone_stream://%(20000,0,600)", silence, silence, silence,
    nil, nil, nil, nil, nil, 3, 1000, 1, 3000, 2, 2)
menu:bindAction("menu-exec-app", "set chosen=one", "1")
menu:bindAction("menu-exit", "", "9")
menu:execute(session, "main")
session:hangup()
