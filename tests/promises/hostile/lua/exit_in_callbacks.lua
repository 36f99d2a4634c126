-- Leaves from within sort, gsub, pcall and coroutines at once.
-- lua: all
-- ends: ok
pcall(function()
    coroutine.wrap(function()
        string.gsub("x", "x", function()
            table.sort({ 2, 1 }, function() os.exit(true) end)
        end)
    end)()
end)
error("still here")
