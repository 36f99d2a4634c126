-- More in one host call than any host call may carry.
-- with: memory=64
-- ends: trap
session:setVariable("x", ("x"):rep(17 * 2 ^ 20))
