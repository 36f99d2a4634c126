-- Values of RFC 1321, 2202, 3174, 4231 and FIPS 180-2.
local md5, sha1, sha2, base64 = require("md5"), require("sha1"), require("sha2"), require("base64")

same(md5.sumhexa("abc"), "900150983cd24fb0d6963f7d28e17f72")
same(#md5.sum("abc"), 16)
same(md5.hmac("Jefe", "what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738")
same(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d")
same(sha1.sha1("abc"), sha1("abc"))
same(#sha1.binary("abc"), 20)
same(sha1.hmac("Jefe", "what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
same(sha2.sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
same(sha2.sha512("abc"):sub(1, 32), "ddaf35a193617abacc417349ae204131")
same(sha2.hmac(sha2.sha256, "Jefe", "what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
-- A key that is longer than a block.
same(sha2.hmac(sha2.sha256, ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
raises("the first argument is a digest", sha2.hmac, print, "a", "b")
same(base64.encode("\0\255a"), "AP9h")
same(base64.decode("AP9h"), "\0\255a")
same(base64.decode("YQ"), "a")
raises("not base64", base64.decode, "a?b!")
