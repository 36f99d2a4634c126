session:answer()
session:hangup("USER_BUSY")
