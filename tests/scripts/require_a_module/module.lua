local module = {}
function module.greet(name)
    return "hello " .. name
end
return module
