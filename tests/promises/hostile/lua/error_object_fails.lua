-- An error whose text is an error, a table, nothing.
-- lua: all
-- ends: error
local fails = setmetatable({}, { __tostring = function() error("again") end })
for _, text in ipairs({ function() return {} end, function() end, error }) do
    pcall(error, setmetatable({}, { __tostring = text }))
end
error(fails)
