-- Methods, fields and string keys, as scripts use objects.
local Counter = {}
Counter.__index = Counter

function Counter.new(start)
    return setmetatable({ value = start, steps = 0 }, Counter)
end

function Counter:add(amount)
    self.steps = self.steps + amount
    return self
end

local counter, balance = Counter.new(1), 0
for i = 1, 3000000 do
    counter:add(i % 3)
    if i % 2 == 0 then
        balance = balance + counter.steps
    else
        balance = balance - counter.value
    end
end
local named = {}
for i = 1, 300000 do
    named["k" .. i % 1000] = i
end
print(string.format("%d %d", balance % 1000007, named.k999))
