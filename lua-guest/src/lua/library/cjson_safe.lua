-- cjson.safe: as cjson, and what cannot be done is nil and why.
local _, require = ...
local cjson, pcall, tostring, gsub = require("cjson"), pcall, tostring, string.gsub

local function safe(call)
    return function(...)
        local done, value = pcall(call, ...)
        if done then
            return value
        end
        -- The place is in here, which says nothing.
        return nil, (gsub(tostring(value), "^%[ringfence%]:%d+: ", ""))
    end
end

local function new()
    local module = cjson.new()
    module.decode, module.encode, module.new = safe(module.decode), safe(module.encode), new
    return module
end

return new()
