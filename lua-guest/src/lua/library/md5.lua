-- md5: `sumhexa` and its like.
local native = ...
local md5, hex, hmac = native.md5, native.hex, native.hmac_md5

return {
    sum = md5,
    sumhexa = function(text)
        return hex(md5(text))
    end,
    hmac = function(key, text)
        return hex(hmac(key, text))
    end,
}
