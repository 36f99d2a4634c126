-- Two wrong tries, then a right one.
session:answer()
local choice = session:playAndGetDigits(1, 1, 3, 2000, "#", "silence_stream://500", "silence_stream://200", "[12]", "choice")
session:setVariable("got", choice)
