-- Asks the server as often as it can.
-- lua: all
-- with: host-call-limit=unlimited
-- ends: cpu-limit
while true do
    session:ready()
end
