local user, domain = params:getHeader("user"), params:getHeader("domain")
if user == "ada" then
    XML_STRING = [[<document type="freeswitch/xml"><section name="directory">
  <domain name="]] .. domain .. [["><user id="ada">
    <params><param name="password" value="secret"/></params>
    <variables><variable name="toll_allow" value="domestic"/></variables>
  </user></domain>
</section></document>]]
end
