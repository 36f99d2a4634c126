-- As many open files as there can be, kept, then again and forgotten.
-- lua: all
-- with: files=1000
-- ends: ok
local kept = {}
for index = 1, 3000 do
    local file, problem = io.open("@GRANTED@/many-" .. _VERSION, "w")
    if not file then
        kept.problem = problem
        break
    end
    kept[index] = file
end
assert(kept.problem, "3000 files are open")
kept = nil
collectgarbage()
collectgarbage()
assert(io.open("@GRANTED@/many-" .. _VERSION)):close()
