-- Captures without end, unfinished, unopened, and a class that never closes.
-- lua: all
-- ends: ok
for _, pattern in ipairs({ ("("):rep(10000), ("()"):rep(33), "(", "x)", "%", "%b", "%f", "[", "[%", "[^", "%1(x)", "%9", "[a-" }) do
    assert(not pcall(string.match, "xxxx", pattern), pattern)
end
