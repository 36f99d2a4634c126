session:answer()
local choice = session:playAndGetDigits(1, 1, 2, 1000, "#", "silence_stream://500", "", "[12]")
session:setVariable("got", "[" .. choice .. "]")
