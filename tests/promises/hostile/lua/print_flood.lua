-- Output without end, in long lines, in short ones and in one that never ends.
-- lua: all
-- with: output-limit=unlimited log-limit=unlimited
-- ends: cpu-limit
while true do
    print(("flood "):rep(1000))
    print("x")
    io.write(("y"):rep(100000))
    io.stderr:write("z\n")
end
