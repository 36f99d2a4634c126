local bit, bit32 = require "bit", require "bit32"
print(bit.band(0xff, 0x3c), bit.bor(1, 2, 4), bit.bxor(5, 1), bit.bnot(0), bit.tobit(0xffffffff))
print(bit.lshift(1, 31), bit.rshift(-1, 28), bit.arshift(-8, 1), bit.rol(1, 33), bit.bswap(0x01020304))
print(bit.tohex(255), bit.tohex(-1, 4), bit.tohex(171, -2))
print(bit32.bnot(0), bit32.lshift(1, 32), bit32.rshift(256, -1), bit32.extract(0xf0, 4, 4))
print(bit32.replace(0, 3, 4, 2), bit32.btest(6, 1), pcall(bit32.extract, 1, 30, 3))

local uuid = require "uuid"
uuid.seed()
local one, other = uuid(), uuid.new()
print(#one, one ~= other, one:match("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$") == one)

local lunajson = require "lunajson"
local value = lunajson.decode('{"list":[1,null,"x"],"deep":{"none":null}}', nil, "NULL")
print(value.list[1], value.list[2], value.list[3], value.deep.none)
print(lunajson.encode({ "a", 1.5, true }), lunajson.encode({ a = "none" }, "none"))
print(pcall(lunajson.decode, "{"))

local inspect = require "inspect"
print(inspect({ 1, "two", { deep = { ["not a name"] = 'say "hi"' } } }))
local loop = {}
loop.itself = loop
print(inspect(loop), inspect({ {} }, { depth = 1 }), inspect(print):match("function"))
print(pcall(bit.band, nil), bit.band("255", 3.7))
print(select(2, pcall(function() return bit.lshift(1) + 0 end)))
