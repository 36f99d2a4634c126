local url, ltn12, mime, socket = require("socket.url"), require("ltn12"), require("mime"), require("socket")

-- url
local parts = url.parse("http://user:pass@example.com:8080/a/b;p?q=1#f")
for key, value in pairs({
    scheme = "http", authority = "user:pass@example.com:8080", user = "user", password = "pass",
    host = "example.com", port = "8080", path = "/a/b", params = "p", query = "q=1", fragment = "f",
}) do
    same(parts[key], value)
end
same(url.build(parts), "http://user:pass@example.com:8080/a/b;p?q=1#f")
same(url.parse("http://[::1]:80/").host, "::1")
same(url.parse("/a", { scheme = "http" }).scheme, "http")
same((url.parse("")), nil)
same(url.escape("a b/\195\164"), "a%20b%2f%c3%a4")
same(url.unescape("a%20b%2F"), "a b/")
for reference, expected in pairs({
    ["g"] = "http://a/b/c/g", ["./g"] = "http://a/b/c/g", ["g/"] = "http://a/b/c/g/", ["/g"] = "http://a/g",
    ["//g"] = "http://g", ["?y"] = "http://a/b/c/d;p?y", [".."] = "http://a/b/", ["../g"] = "http://a/b/g",
    ["../../g"] = "http://a/g", ["http://x/y"] = "http://x/y", [""] = "http://a/b/c/d;p?q",
}) do
    same(url.absolute("http://a/b/c/d;p?q", reference), expected)
end
same(url.build_path(url.parse_path("/a%20b/c/")), "/a%20b/c/")

-- ltn12
local function all(source)
    local sink, pieces = ltn12.sink.table()
    same(ltn12.pump.all(source, sink), 1)
    return table.concat(pieces)
end
local long = ("0123456789"):rep(1000)
same(all(ltn12.source.string(long)), long)
same(all(ltn12.source.cat(ltn12.source.string("a"), ltn12.source.empty(), ltn12.source.string("b"))), "ab")
same(all(ltn12.source.table({ "x", "y" })), "xy")
local upper = function(piece) return piece and piece:upper() end
same(all(ltn12.source.chain(ltn12.source.string("abc"), upper)), "ABC")
local sink, pieces = ltn12.sink.table()
ltn12.pump.all(ltn12.source.string("abc"), ltn12.sink.chain(upper, sink))
same(table.concat(pieces), "ABC")
local done, why = ltn12.pump.all(ltn12.source.error("broken"), ltn12.sink.null())
same(done, nil)
same(why, "broken")
local file = io.open("DIR/out/written", "w")
ltn12.pump.all(ltn12.source.string(long), ltn12.sink.file(file))
same(io.open("DIR/out/written"):read("*a"), long)
same(all(ltn12.source.file(io.open("DIR/out/written"))), long)
done, why = ltn12.source.file(io.open("/nosuch"))()
same(done, nil)

-- mime
same(mime.b64("Hello"), "SGVsbG8=")
same(mime.unb64("SGVs\r\nbG8="), "Hello")
same(mime.qp("a=\195\164 \n"), "a=3D=C3=A4=20\n")
same(mime.unqp("a=3D=C3=A4=\r\nb"), "a=\195\164b")
same(all(ltn12.source.chain(ltn12.source.string(long), mime.encode("base64"), mime.wrap(76))):gsub("%s", ""),
    (mime.b64(long)))
same(all(ltn12.source.chain(ltn12.source.string(long), ltn12.filter.chain(mime.encode("base64"), mime.decode("base64")))), long)
same(all(ltn12.source.chain(ltn12.source.table({ "a\nb\r", "\nc" }), mime.normalize())), "a\r\nb\r\nc")
same(all(ltn12.source.chain(ltn12.source.string(".a\n.b"), mime.stuff())), "..a\n..b")
raises("unknown key (rot13)", mime.encode, "rot13")

-- socket
local before = socket.gettime()
socket.sleep(1.5)
assert(socket.gettime() - before >= 1.5)
require("posix").sleep(2)
assert(socket.gettime() - before >= 3.5)
same(socket.skip(1, "a", "b"), "b")
local try = socket.newtry()
local protected = socket.protect(function(...) return try(...) end)
same(protected("value"), "value")
done, why = protected(nil, "reason")
same(done, nil)
same(why, "reason")
raises("ordinary", socket.protect(function() error("ordinary") end))
raises("a script cannot open sockets", socket.tcp)
