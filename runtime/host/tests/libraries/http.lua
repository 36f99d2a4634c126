local http, https, ltn12 = require("socket.http"), require("ssl.https"), require("ltn12")

local body, status, headers, line = http.request("http://HERE/hello")
same(body, "hello")
same(status, 200)
same(headers["x-a"], "1, 2")
same(line, "HTTP/1.1 200 OK")
body, status = http.request("http://HERE/none")
same(body, "none")
same(status, 404)
same(http.request("http://HERE/moved"), "hello")
same(http.request("http://HERE/binary"), "\0a\195\188")

-- A body makes it a POST.
body = http.request("http://HERE/echo", "a=1")
assert(body:find("^POST /echo ") and body:find("\r\n\r\na=1$"), body)
assert(body:lower():find("content%-type: application/x%-www%-form%-urlencoded"), body)

-- The long form.
local pieces = {}
local done
done, status = http.request({
    url = "http://u:p@HERE/echo",
    method = "PUT",
    headers = { ["X-Mine"] = 5, ["Content-Length"] = 4 },
    source = ltn12.source.string("data"),
    sink = ltn12.sink.table(pieces),
})
same(done, 1)
same(status, 200)
body = table.concat(pieces)
assert(body:find("^PUT ") and body:find("\r\n\r\ndata$"), body)
assert(body:lower():find("x%-mine: 5") and body:find("Basic dTpw", 1, true), body)
local host, port = ("HERE"):match("^(.*):(.*)$")
same((http.request({ host = host, port = port, path = "/hello", sink = ltn12.sink.null() })), 1)
done, status = http.request({ url = "http://HERE/moved", redirect = false })
same(status, 302)
done, status = http.request({ url = "http://HERE/moved", method = "POST", source = ltn12.source.string("x") })
same(status, 302)

-- What fails.
done, status = http.request("http://127.0.0.1:1/")
same(done, nil)
assert(status:find("refused"), status)
done, status = http.request("ftp://x/")
same(done, nil)
assert(status:find("only http and https"), status)
done, status = http.request({ method = "GET" })
same(status, "invalid host 'nil'")
done, status = https.request("https://HERE/")
same(done, nil)
http.TIMEOUT = 0.2
done, status = http.request("http://HERE/slow")
same(status, "timeout")
http.PROXY = "http://127.0.0.1:3128"
done, status = http.request("http://HERE/")
same(status, "a proxy cannot be used here")
raises("string or table expected, got nil", http.request)

-- The command.
same(freeswitch.API():execute("curl", "http://HERE/hello"), "hello")
