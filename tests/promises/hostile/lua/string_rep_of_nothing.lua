-- Nothing, nine quadrillion times: no memory, only time, in one call of one function.
-- lua: all
-- ends: cpu-limit
string.rep("", 2 ^ 53)
string.rep("", 2 ^ 31 - 1)
while true do
    string.rep("", 2 ^ 31 - 1)
end
