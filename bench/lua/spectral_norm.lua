-- The spectral norm of a matrix: arrays and arithmetic.
local SIZE = 450

local function element(i, j)
    local sum = i + j - 1
    return 1.0 / (sum * (sum - 1) * 0.5 + i)
end

local function times(from, to)
    for i = 1, SIZE do
        local sum = 0
        for j = 1, SIZE do
            sum = sum + from[j] * element(i, j)
        end
        to[i] = sum
    end
end

local function transposed_times(from, to)
    for i = 1, SIZE do
        local sum = 0
        for j = 1, SIZE do
            sum = sum + from[j] * element(j, i)
        end
        to[i] = sum
    end
end

local u, v, between = {}, {}, {}
for i = 1, SIZE do
    u[i] = 1
end
for _ = 1, 10 do
    times(u, between)
    transposed_times(between, v)
    times(v, between)
    transposed_times(between, u)
end
local uv, vv = 0, 0
for i = 1, SIZE do
    uv, vv = uv + u[i] * v[i], vv + v[i] * v[i]
end
print(string.format("%.9f", math.sqrt(uv / vv)))
