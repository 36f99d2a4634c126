-- base64.
local native = ...
local unbase64, base64, error = native.unbase64, native.base64, error

return {
    encode = base64,
    decode = function(text)
        local data = unbase64(text)
        if not data then
            error("not base64", 2)
        end
        return data
    end,
}
