-- mime: base64 and quoted-printable, as functions of pieces and as filters for ltn12.
local native = ...
local base64, unbase64 = native.base64, native.unbase64
local error, tonumber, tostring, type = error, tonumber, tostring, type
local format, char = string.format, string.char

local module = { _VERSION = "MIME 1.0.3" }

-- Each takes what was left over and a piece, and answers what can be written and what is left over. Without a
-- second piece it is the end. `split` says how much of a text can be changed before the next piece comes.
local function in_pieces(split, change)
    return function(text, more)
        if text == nil then
            return nil
        end
        if more == nil then
            return change(text), nil
        end
        text = text .. more
        local whole = split(text)
        return change(text:sub(1, whole)), text:sub(whole + 1)
    end
end

local function groups(size)
    return function(text)
        return #text - #text % size
    end
end

-- Whole lines.
local function lines(text)
    return #(text:match("^.*\n") or "")
end

module.b64 = in_pieces(groups(3), base64)

local function decoded(code)
    return unbase64(code) or ""
end

local unb64 = in_pieces(groups(4), decoded)

function module.unb64(code, more)
    return unb64(code and code:gsub("%s", ""), more and more:gsub("%s", ""))
end

local function quoted(text)
    text = text:gsub("[^\t\r\n -<>-~]", function(byte)
        return format("=%02X", byte:byte())
    end)
    -- White space at the end of a line would get lost.
    return (text:gsub("([ \t])(\r?\n)", function(blank, ending)
        return format("=%02X", blank:byte()) .. ending
    end):gsub("([ \t])$", function(blank)
        return format("=%02X", blank:byte())
    end))
end

local function unquoted(text)
    return (text:gsub("=\r?\n", ""):gsub("=(%x%x)", function(digits)
        return char(tonumber(digits, 16))
    end))
end

module.qp = in_pieces(lines, quoted)
module.unqp = in_pieces(lines, unquoted)

-- A filter that keeps what is left over until the next piece.
local function filter(change)
    return function()
        local left = ""
        return function(piece)
            if piece == nil then
                local rest = left
                left = ""
                return rest ~= "" and change(rest) or nil
            end
            local done
            done, left = change(left, piece)
            left = left or ""
            return done
        end
    end
end

local encoders = { base64 = filter(module.b64), ["quoted-printable"] = filter(module.qp) }
local decoders = { base64 = filter(module.unb64), ["quoted-printable"] = filter(module.unqp) }

local function chosen(filters, name)
    local make = filters[name or "base64"]
    if not make then
        error("unknown key (" .. tostring(name) .. ")", 3)
    end
    return make()
end

function module.encode(name)
    return chosen(encoders, name)
end

function module.decode(name)
    return chosen(decoders, name)
end

-- Lines of at most `length` characters, ended as in mail.
function module.wrap(name, length)
    if type(name) == "number" then
        name, length = "text", name
    end
    length = length or 76
    local column = 0
    return function(piece)
        if piece == nil then
            local ending = column > 0 and "\r\n" or nil
            column = 0
            return ending
        end
        return (piece:gsub(".", function(byte)
            if byte == "\n" then
                column = 0
                return "\r\n"
            elseif byte == "\r" then
                return ""
            end
            column = column + 1
            if column > length then
                column = 1
                return "\r\n" .. byte
            end
            return byte
        end))
    end
end

-- Line ends as in mail, or as `ending` says.
function module.normalize(ending)
    ending = ending or "\r\n"
    local after_return = false
    return function(piece)
        if piece == nil then
            return nil
        end
        return (piece:gsub(".", function(byte)
            local skipped = byte == "\n" and after_return
            after_return = byte == "\r"
            if skipped then
                return ""
            elseif byte == "\r" or byte == "\n" then
                return ending
            end
            return byte
        end))
    end
end

-- A point at the beginning of a line is doubled, for SMTP.
function module.stuff()
    local last = "\n"
    return function(piece)
        if piece == nil then
            return nil
        end
        return (piece:gsub(".", function(byte)
            local doubled = byte == "." and last == "\n"
            last = byte
            return doubled and ".." or byte
        end))
    end
end

return module
