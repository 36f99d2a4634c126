-- A script that waits for itself, permitted to.
-- with: api=lua application=*
-- ends: ok
-- says: nested-limit
freeswitch.API():execute("lua", "hostile/5.4-forks_in_each_other.lua")
