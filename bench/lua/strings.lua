-- Strings: building, patterns, replacement by table and function, bytes.
local items = {}
for i = 1, 200000 do
    items[#items + 1] = "item" .. i .. ";"
end
local text = table.concat(items)

local length = 0
for _, number in text:gmatch("(%a+)(%d+);") do
    length = length + #number
end
local marked = text:gsub("item(%d)", function(digit) return "<" .. digit .. ">" end)
local turned = text:upper():lower():reverse()
local letters = 0
for i = 1, #text, 7 do
    if text:byte(i) == 105 then
        letters = letters + 1
    end
end
local grown = ""
for i = 1, 6000 do
    grown = grown .. string.format("%05d,", i)
end
local masked = text:gsub("%d", "#")
print(string.format("%d", length + #marked + #turned + letters + #grown + #masked))
