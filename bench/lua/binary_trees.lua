-- Builds and walks binary trees: allocation and garbage collection.
local DEPTH = 14

local function build(depth)
    if depth == 0 then
        return {}
    end
    return { build(depth - 1), build(depth - 1) }
end

local function count(tree)
    if not tree[1] then
        return 1
    end
    return 1 + count(tree[1]) + count(tree[2])
end

local long_lived = build(DEPTH)
local total = 0
for depth = 4, DEPTH, 2 do
    for _ = 1, 2 ^ (DEPTH - depth + 4) do
        total = total + count(build(depth))
    end
end
print(string.format("%d", total + count(long_lived)))
