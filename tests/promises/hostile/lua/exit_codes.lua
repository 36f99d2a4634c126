-- An exit code that is none.
-- lua: all
-- ends: ok
pcall(os.exit, "x")
pcall(os.exit, {})
pcall(os.exit, 2 ^ 40)
os.exit(-2 ^ 31)
