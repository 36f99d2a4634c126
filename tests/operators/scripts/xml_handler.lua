-- Answers the dialplan and the directory, one file a section.
freeswitch.consoleLog("debug", "[xml_handler] Section: " .. XML_REQUEST["section"] .. "\n")
require "resources.functions.split"
if XML_REQUEST["section"] == "dialplan" then
    dofile(freeswitch.getGlobalVariable("script_dir") .. "/xml/dialplan.lua")
elseif XML_REQUEST["section"] == "directory" then
    dofile(freeswitch.getGlobalVariable("script_dir") .. "/xml/directory.lua")
end
