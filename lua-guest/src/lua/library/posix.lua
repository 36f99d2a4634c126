-- posix, as far as call scripts use it: waiting, and a number for names.
local native = ...
local sleep, time = native.sleep, native.time
local floor = math.floor

return {
    -- Whole seconds. Answers what is left of them: nothing.
    sleep = function(seconds)
        sleep(seconds * 1000)
        return 0
    end,
    usleep = function(microseconds)
        sleep(microseconds / 1000)
        return 0
    end,
    nanosleep = function(seconds, nanoseconds)
        sleep(seconds * 1000 + nanoseconds / 1e6)
        return 0
    end,
    time = function()
        return floor(time())
    end,
    getenv = os.getenv,
}
