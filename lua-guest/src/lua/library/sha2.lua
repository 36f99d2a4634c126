-- sha2: digests in hexadecimal digits, HMAC of them, and base64.
local native = ...
local hex, error, pairs = native.hex, error, pairs

local module = {
    hex_to_bin = function(digits)
        return (digits:gsub("%x%x", function(pair)
            return string.char(tonumber(pair, 16))
        end))
    end,
    bin_to_hex = hex,
    bin_to_base64 = native.base64,
    base64_to_bin = native.unbase64,
}
local hmacs = {}

for _, name in pairs({ "md5", "sha1", "sha224", "sha256", "sha384", "sha512" }) do
    local digest = native[name]
    local function digits(text)
        return hex(digest(text))
    end
    module[name] = digits
    hmacs[digits] = native["hmac_" .. name]
end

-- `hmac(sha2.sha256, key, text)`.
function module.hmac(digest, key, text)
    local hmac = hmacs[digest]
    if not hmac then
        error("hmac: the first argument is a digest of this module, as sha2.sha256", 2)
    end
    return hex(hmac(key, text))
end

return module
