-- Goes on asking for what it may not do.
-- lua: all
-- ends: refused-limit
local api = freeswitch.API()
while true do
    pcall(api.execute, api, "status", "")
end
