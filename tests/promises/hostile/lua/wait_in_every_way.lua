-- Waits in each function that waits, longer than it may live.
-- lua: all
-- with: wall-limit=1
-- ends: wall-limit
session:sleep(100)
session:getDigits(1, "", 100)
session:streamFile("silence_stream://100")
session:recordFile("@GRANTED@/wait-" .. _VERSION .. ".wav", 0)
session:sleep(60000)
