-- sha1: in hexadecimal digits, or as bytes; the module itself can be called.
local native = ...
local sha1, hex, hmac_sha1 = native.sha1, native.hex, native.hmac_sha1

local function digits(text)
    return hex(sha1(text))
end

local function hmac(key, text)
    return hex(hmac_sha1(key, text))
end

return setmetatable({
    sha1 = digits,
    binary = sha1,
    sha1_binary = sha1,
    hmac = hmac,
    hmac_sha1 = hmac,
    hmac_binary = hmac_sha1,
    hmac_sha1_binary = hmac_sha1,
}, {
    __call = function(_, text)
        return digits(text)
    end,
})
