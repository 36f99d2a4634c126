-- A bridge and an originate that fail say so in the transcript, with the cause.
session:answer()
session:setVariable("continue_on_fail", "true")
session:execute("bridge", "{secret=x}sofia/gateway/none/1")
session:execute("bridge", "error/USER_BUSY")
freeswitch.API():executeString("originate user/nobody &park")
session:hangup()
