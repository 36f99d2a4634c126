-- table.sort with and without a function: C code that calls Lua, and strings compared.
local numbers, random = {}, 42
for i = 1, 200000 do
    random = random * 16807 % 2147483647
    numbers[i] = random
end
table.sort(numbers)
table.sort(numbers, function(a, b) return a > b end)

local names = {}
for i = 1, 40000 do
    names[i] = string.format("%d", i * 7919 % 100003)
end
table.sort(names)
print(string.format("%d %s", numbers[1], names[1]))
