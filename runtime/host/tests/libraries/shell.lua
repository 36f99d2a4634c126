local OLD = _VERSION == "Lua 5.1"

-- Reading
local pipe = io.popen("printf 'one\\ntwo\\n\\n12 rest'; exit 3")
same(io.type(pipe), "file")
same(tostring(pipe), "file (popen)")
same(pipe:read(), "one")
same(pipe:read("*l"), "two")
same(pipe:read(1), "\n")
same(pipe:read("*n"), 12)
same(pipe:read(0), "")
same(pipe:read("*a"), " rest")
same(pipe:read("*a"), "")
same(pipe:read("*l"), nil)
same(pipe:read(0), nil)
if OLD then
    same(pipe:close(), true)
else
    local done, how, code = pipe:close()
    same(done, nil)
    same(how, "exit")
    same(code, 3)
end
same(io.type(pipe), "closed file")
raises("attempt to use a closed file", pipe.read, pipe)
local lines = {}
for line in io.popen("seq 1 3"):lines() do
    lines[#lines + 1] = line
end
same(table.concat(lines, ","), "1,2,3")
same(#io.popen("head -c 300000 /dev/zero"):read("*a"), 300000)
local none, why = io.popen("echo x"):write("y")
same(why, "Bad file descriptor")

-- Writing
pipe = io.popen("cat > DIR/out/piped", "w")
same(pipe:write("a", 1, "b"), pipe)
pipe:write(("x"):rep(200000))
same(pipe:close(), true)
same(#io.open("DIR/out/piped"):read("*a"), 200003)

-- Running
if OLD then
    same(os.execute("exit 3"), 768)
    same(os.execute("true"), 0)
    same(os.execute(), 1)
else
    local done, how, code = os.execute("exit 3")
    same(done, nil)
    same(how, "exit")
    same(code, 3)
    same(os.execute("true"), true)
    done, how, code = os.execute("kill -9 $$")
    same(how, "signal")
    same(code, 9)
    same(os.execute(), true)
end
-- In the folder of scripts, without the server's environment.
same(io.popen("pwd"):read("*l"), "DIR/scripts")
same(io.popen("env | grep -c CARGO"):read("*l"), "0")
same(io.popen("nosuchcommand 2>/dev/null; echo $?"):read("*l"), "127")
for _ = 1, 10 do
    -- Those that nothing refers to do not count.
    assert(io.popen("echo x"))
end
raises("invalid mode", io.popen, "x", "rw")
raises("string expected, got nil", io.popen)
