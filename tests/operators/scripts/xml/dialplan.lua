local escape = require "resources.functions.xml".sanitize
local number = params:getHeader("Hunt-Destination-Number") or params:getHeader("Caller-Destination-Number")
local context = params:getHeader("Hunt-Context") or params:getHeader("Caller-Context")
if number and number:match("^76[2-4]%d$") then
    local xml = {}
    table.insert(xml, [[<?xml version="1.0" encoding="UTF-8" standalone="no"?>]])
    table.insert(xml, [[<document type="freeswitch/xml">]])
    table.insert(xml, [[  <section name="dialplan" description="">]])
    table.insert(xml, [[    <context name="]] .. escape(context) .. [[">]])
    table.insert(xml, [[      <extension name="made">]])
    table.insert(xml, [[        <condition field="destination_number" expression="^(76)(\d\d)$">]])
    table.insert(xml, [[          <action application="set" data="parts=]] .. #split("a.b.c", ".") .. [["/>]])
    table.insert(xml, [[          <action application="log" data="NOTICE handler made ]] .. escape("<$2>") .. [[ in ${parts}"/>]])
    table.insert(xml, [[          <action application="answer"/>]])
    table.insert(xml, [[          <action application="hangup" data="NORMAL_CLEARING"/>]])
    table.insert(xml, [[        </condition>]])
    table.insert(xml, [[      </extension>]])
    table.insert(xml, [[    </context>]])
    table.insert(xml, [[  </section>]])
    table.insert(xml, [[</document>]])
    XML_STRING = table.concat(xml, "\n")
end
