-- print and io.write share one buffer, a line at a time, so that their order is the script's order.
local stdout, select, tostring, concat = io.stdout, select, tostring, table.concat

stdout:setvbuf("line")
io.stderr:setvbuf("line")

function print(...)
    local parts = {}
    for index = 1, select("#", ...) do
        parts[index] = tostring((select(index, ...)))
    end
    stdout:write(concat(parts, "\t"), "\n")
end
