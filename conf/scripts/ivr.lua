-- The demo behind extension 5000. An ordinary FreeSWITCH Lua script: it runs there unchanged, given
-- the sounds. Try it without a phone:
--
--     ringfence run conf/scripts/ivr.lua --conf conf --press "3s 1" --hangup-after 8

local sounds = freeswitch.getGlobalVariable("sounds_dir") .. "/en/"
local recordings = freeswitch.getGlobalVariable("recordings_dir")

local function log(level, text)
    session:consoleLog(level, "ivr: " .. text .. "\n")
end

local function play(name)
    session:streamFile(sounds .. name .. ".wav")
end

-- "It is ten forty-two", from the prompts number/0 to number/20, 30, 40 and 50.
local function tell_the_time()
    local hour, minute = tonumber(os.date("%I")), tonumber(os.date("%M"))
    play("it-is")
    play("number/" .. hour)
    if minute == 0 then
        play("oclock")
        return
    end
    if minute < 10 then
        play("number/0")
    elseif minute > 20 then
        play("number/" .. minute - minute % 10)
        minute = minute % 10
    end
    if minute > 0 then
        play("number/" .. minute)
    end
end

-- An input callback: its answer tells the running recording what to do.
function stop_on_any_key(_, kind, key)
    if kind == "dtmf" then
        log("info", "recording ended by key " .. key.digit)
        return "break"
    end
end

local function record_and_play_back()
    local path = recordings .. "/" .. session:get_uuid() .. ".wav"
    play("record")
    session:streamFile("tone_stream://%(300,0,640)")
    session:setInputCallback("stop_on_any_key")
    session:recordFile(path, 20, 200, 3) -- at most 20 s; 3 s below level 200 end it
    session:unsetInputCallback()
    play("you-said")
    session:streamFile(path)
    os.remove(path)
end

-- Runs once, when the caller hangs up or the call goes elsewhere while the script is at work.
function on_hangup(_, status)
    log("notice", "the caller is gone (" .. status .. ")")
end

session:answer()
session:setHangupHook("on_hangup")
session:sleep(300)
play("welcome")

while session:ready() do
    -- One digit of 1, 2 and 3; three tries of five seconds each; "" when none of them fits.
    local choice = session:playAndGetDigits(1, 1, 3, 5000, "#", sounds .. "menu.wav", sounds .. "invalid.wav", "[123]")
    if not session:ready() then
        break
    end
    log("info", "choice: " .. (choice == "" and "none" or choice))
    if choice == "1" then
        tell_the_time()
    elseif choice == "2" then
        record_and_play_back()
    elseif choice == "3" then
        play("echo")
        session:transfer("9196", "XML", "default")
    else
        play("goodbye")
        session:hangup()
    end
end
