-- A loop without a loop.
-- lua: 5.2 5.3 5.4
-- ends: cpu-limit
::again::
goto again
