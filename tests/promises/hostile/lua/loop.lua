-- The plainest one.
-- lua: all
-- ends: cpu-limit
while true do
end
