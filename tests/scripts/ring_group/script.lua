-- Calls the members of a group one after the other; the first that answers is connected.
local group = { "error/USER_BUSY", "error/NO_ANSWER", "null/agent" }

session:answer()
for position, member in ipairs(group) do
    local agent = freeswitch.Session("{origination_caller_id_number=5551234}" .. member, session)
    if agent:ready() then
        session:setVariable("group_member", tostring(position))
        freeswitch.consoleLog("info", ("%s answers as %s"):format(member, agent:getVariable("origination_caller_id_number")))
        -- The agent hangs up after two seconds.
        freeswitch.API():execute("sched_hangup", "+2 " .. agent:get_uuid() .. " normal_clearing")
        freeswitch.bridge(session, agent)
        break
    end
    freeswitch.consoleLog("info", member .. ": " .. agent:hangupCause())
end
freeswitch.consoleLog("info", "member " .. session:getVariable("group_member")
    .. ", still there: " .. tostring(session:ready()))
session:hangup()
