-- Waits for nothing, for ever: there is a timer and a wake-up in each turn.
-- lua: all
-- with: host-call-limit=unlimited wall-limit=2
-- ends: wall-limit
while true do
    session:sleep(0)
end
