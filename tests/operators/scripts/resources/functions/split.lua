-- Splits a text at every separator.
function split(text, separator)
    local parts = {}
    for part in (text .. separator):gmatch("(.-)" .. separator:gsub("%p", "%%%0")) do
        parts[#parts + 1] = part
    end
    return parts
end
