-- A source without an end, piece by piece.
-- lua: all
-- ends: error
-- error: memory
assert(load(function() return "x = 'abcdefghijklmnopqrstuvwxyz' " end))
