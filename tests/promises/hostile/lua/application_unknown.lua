-- An application that is none: the call ends, as in FreeSWITCH, and nothing else.
-- lua: all
-- with: application=*
-- ends: hangup
session:execute(("\0\n\27x"):rep(1000), ("\n"):rep(1000))
session:execute("x\nforged", "x\nforged")
