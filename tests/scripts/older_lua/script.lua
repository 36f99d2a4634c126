-- What earlier versions of Lua had, in the newest.
print(_VERSION, unpack({ "a", "b" }))
print(loadstring("return ...")("loaded"))
print(table.getn({ 1, 2, 3 }), table.maxn({ [7] = true }), math.pow(2, 10), math.log10(1000), math.mod(7, 4))
for word in string.gfind("one two", "%a+") do
    io.write(word, ";")
end
print()
table.foreach({ a = 1 }, print)
table.foreachi({ "x", "y" }, print)
print(bit32.band(0xff, 0x0f), package.loaders == package.searchers)

local prices = require "prices"
print(prices.of("local"), prices._NAME, tariff, prices == package.loaded.prices)
