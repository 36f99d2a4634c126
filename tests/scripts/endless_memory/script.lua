local hoard = {}
while true do
    hoard[#hoard + 1] = string.rep("x", 1000000) .. #hoard
end
