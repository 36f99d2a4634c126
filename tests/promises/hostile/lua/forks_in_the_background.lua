-- A script that starts itself twice in the background, permitted to; its owner has only so many runs.
-- with: api=luarun application=* cpu-limit=2
-- ends: ok
-- says: owner-instances
local api = freeswitch.API()
for _ = 1, 8 do
    api:execute("luarun", "hostile/5.4-forks_in_the_background.lua")
end
freeswitch.msleep(200)
