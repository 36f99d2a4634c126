-- Programs, the environment, temporary files.
-- lua: all
-- ends: ok
assert(not io.popen("id"))
assert(os.execute("id") ~= 0 and os.execute("id") ~= true)
for _, name in ipairs({ "RINGFENCE_TEST_SECRET", "PATH", "HOME", "XDG_CACHE_HOME", "LD_PRELOAD", "", "\0", ("x"):rep(10 ^ 6) }) do
    assert(os.getenv(name) == nil, name)
end
for _ = 1, 10 do
    local file = assert(io.tmpfile())
    file:write("x")
    file:close()
    assert(os.tmpname():sub(1, #"@GRANTED@") == "@GRANTED@")
end
