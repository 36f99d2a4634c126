-- A module that is itself, through searchers of the script's own.
-- lua: all
-- ends: error
local searchers = package.searchers or package.loaders
searchers[1] = function(name) return function() return require(name .. "x") end end
require("module")
