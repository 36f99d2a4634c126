-- What is said of modules that cannot be there.
for _, name in ipairs { "luasql.mysql", "redis", "ESL", "some.thing" } do
    local _, problem = pcall(require, name)
    print(problem:match("no native module.*"))
end
