local function inner(value)
    return value.field
end
session:answer()
inner(nil)
