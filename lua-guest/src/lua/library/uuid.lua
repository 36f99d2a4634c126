-- uuid: random uuids (version 4). The run's random numbers were seeded by the server.
local random, format, concat, setmetatable = math.random, string.format, table.concat, setmetatable

local function new()
    local words = {}
    for at = 1, 8 do
        words[at] = random(0, 65535)
    end
    words[4] = words[4] % 4096 + 16384
    words[5] = words[5] % 16384 + 32768
    for at = 1, 8 do
        words[at] = format("%04x", words[at])
    end
    return concat(words, "", 1, 2) .. "-" .. concat(words, "-", 3, 5) .. "-" .. concat(words, "", 6, 8)
end

-- What others seed and choose with is taken and changes nothing.
local function nothing() end

return setmetatable({
    new = new,
    generate = new,
    generate_v4 = new,
    seed = nothing,
    randomseed = nothing,
    set_rng = nothing,
}, { __call = new })
