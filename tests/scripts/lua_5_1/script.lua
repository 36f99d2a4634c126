session:setVariable("version", _VERSION .. " " .. tostring(unpack ~= nil) .. " " .. tostring(setfenv ~= nil))
