-- A text as XML has it.
local xml = {}

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

function xml.sanitize(text)
    return (tostring(text):gsub('[&<>"]', entities))
end

return xml
