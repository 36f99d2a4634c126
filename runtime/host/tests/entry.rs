//! Scripts that neither a call nor a command starts: XML handlers, the dialplan `LUA`, event hooks, startup
//! scripts.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fmt::Write as _;

use ringfence_host::LuaVersion;
use ringfence_switch::event::{Event, EventName};
use ringfence_switch::lookup::Section;
use serde_json::Value;
use support::{Call, Server};
use tokio::time::{Duration, Instant, sleep};

/// A lua.conf with these settings.
fn conf(settings: &str) -> String {
    format!("<configuration name=\"lua.conf\"><settings>{settings}</settings></configuration>")
}

fn handler(sections: &str, more: &str) -> String {
    conf(&format!(
        "<param name=\"xml-handler-script\" value=\"golden/s/handler.lua one two\"/>\
         <param name=\"xml-handler-bindings\" value=\"{sections}\"/>{more}"
    ))
}

const DIRECTORY: &str = r#"<section name="directory"><domain name="static.org">
    <user id="1"><variables><variable name="from" value="files"/></variables></user>
  </domain></section>"#;

/// Runs the case, which may change from run to run: an edited script itself is seen a moment later.
const CASE: &str = "dofile('golden/s/case.lua')";

async fn asked(server: &Server, user: &str, domain: &str) -> Option<String> {
    let action = |params: &mut Event| {
        params.set("action", "test");
    };
    let user = server.switch.find_user(user, domain, action).await;
    user.and_then(|user| user.variable("from").map(str::to_owned))
}

/// In every version: what a handler is given.
async fn a_handler_answers(version: LuaVersion) {
    let server = Server::with(version, &handler("directory", ""), DIRECTORY).await;
    server.snippet(
        "handler",
        r#"
        assert(session == nil and env == nil and stream == nil)
        if params:getHeader("domain") ~= "lua.org" then return end
        local given = table.concat({ XML_REQUEST.section, XML_REQUEST.tag_name, XML_REQUEST.key_name,
            XML_REQUEST["key_value"], argv[1], argv[2], params:getHeader("user"), params:getHeader("action"),
            params:getHeader("Event-Name") }, " ")
        XML_STRING = [[<document type="freeswitch/xml"><section name="directory"><domain name="lua.org">
            <groups><group name="g"><users><user id="1"><variables><variable name="from" value="]] .. given ..
            [["/></variables></user></users></group></groups></domain></section></document>]]
        "#,
    );
    let given = "directory domain name lua.org one two 1 test REQUEST_PARAMS";
    assert_eq!(asked(&server, "1", "lua.org").await.as_deref(), Some(given), "{version}");
    assert_eq!(asked(&server, "2", "lua.org").await, None);
    assert_eq!(asked(&server, "1", "static.org").await.as_deref(), Some("files"));
}

#[tokio::test(start_paused = true)]
async fn a_handler_answers_in_every_version() {
    for version in ringfence_host::LUA_VERSIONS {
        a_handler_answers(version).await;
    }
}

/// A handler that does what it should not: the files serve, whatever it is.
#[tokio::test(start_paused = true)]
async fn whatever_a_handler_does_the_files_serve() {
    let server = Server::with(LuaVersion::default(), &handler("directory", ""), DIRECTORY).await;
    server.snippet("handler", CASE);
    for (case, code) in [
        ("fails", "error('of its own')"),
        ("no lua", "this is no Lua"),
        ("empty", "XML_STRING = ''"),
        ("no XML", "XML_STRING = 'no <XML'"),
        ("not closed", "XML_STRING = '<document><section name=\"directory\">'"),
        ("a table", "XML_STRING = {}"),
        (
            "nothing found",
            "XML_STRING = '<document><section name=\"result\"><result status=\"not found\"/></section></document>'",
        ),
        ("another section", "XML_STRING = '<document><section name=\"dialplan\"/></document>'"),
        ("huge", "XML_STRING = ('<a/>'):rep(5000000)"),
        ("NUL", "XML_STRING = '<a>\\0</a>'"),
        ("deep", "XML_STRING = ('<a>'):rep(100000)"),
        ("waits", "freeswitch.msleep(3600000)"),
        ("exits", "os.exit(1)"),
        ("asks itself", "freeswitch.API():execute('user_data', '1@static.org var from')"),
    ] {
        server.snippet("case", code);
        let began = Instant::now();
        assert_eq!(asked(&server, "1", "static.org").await.as_deref(), Some("files"), "{case}");
        assert!(began.elapsed() <= Duration::from_secs(11), "{case}: {:?}", began.elapsed());
    }
    std::fs::remove_file(server.scripts_folder().join("golden/s/handler.lua")).unwrap();
    assert_eq!(asked(&server, "1", "static.org").await.as_deref(), Some("files"));
    assert_eq!(server.command("script list").await, "\n0 total.\n");
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_its_time() {
    let more = "<param name=\"xml-handler-cache\" value=\"60\"/>";
    let server = Server::with(LuaVersion::default(), &handler("directory", more), DIRECTORY).await;
    server.snippet(
        "handler",
        r#"
        local count = (tonumber(freeswitch.getGlobalVariable("asked")) or 0) + 1
        freeswitch.setGlobalVariable("asked", tostring(count))
        XML_STRING = '<document><section name="directory"><domain name="lua.org"><user id="1"><variables>' ..
            '<variable name="from" value="' .. count .. '"/></variables></user></domain></section></document>'
        "#,
    );
    for expected in ["1", "1", "1"] {
        assert_eq!(asked(&server, "1", "lua.org").await.as_deref(), Some(expected));
    }
    // Another question, of which this handler knows nothing better.
    assert_eq!(asked(&server, "2", "lua.org").await, None);
    sleep(Duration::from_secs(61)).await;
    assert_eq!(asked(&server, "1", "lua.org").await.as_deref(), Some("3"));
}

#[tokio::test(start_paused = true)]
async fn a_dialplan_comes_from_a_handler() {
    let server = Server::with(LuaVersion::default(), &handler("dialplan", ""), "").await;
    server.snippet(
        "handler",
        r#"
        assert(XML_REQUEST.section == "dialplan" and XML_REQUEST.tag_name == "")
        local number = params:getHeader("Hunt-Destination-Number")
        if number == "lua_elsewhere" then return end
        XML_STRING = [[<document type="freeswitch/xml"><section name="dialplan"><context name="public">
          <extension name="x"><condition field="destination_number" expression="^lua_(.*)$">
            <action application="eval" data="from lua $1 ]] .. params:getHeader("Hunt-Context") .. [["/>
            <action application="hangup" data="USER_BUSY"/>
          </condition></extension></context></section></document>]]
        "#,
    );
    let call = server.call("here", false, Vec::new()).await;
    assert_eq!(call.executed, ["executed eval from lua here public", "executed hangup USER_BUSY"]);
    assert_eq!(call.cause, "USER_BUSY");
    server.snippet("elsewhere", "");
    let call = server.call("elsewhere", false, Vec::new()).await;
    assert_eq!(call.cause, "CALL_REJECTED");
}

/// The call's dialplan is `LUA`, with this script.
async fn routed(server: &Server, script: &str, code: &str) -> Call {
    server.snippet(script, CASE);
    server.snippet("case", code);
    server.snippet("route", &format!("session:transfer('x', 'LUA', 'golden/s/{script}.lua')"));
    server.call("route", true, Vec::new()).await
}

#[tokio::test(start_paused = true)]
async fn a_script_is_a_dialplan() {
    let server = Server::start(LuaVersion::default()).await;
    let call = routed(
        &server,
        "plan",
        r#"session:setVariable("seen", session:getVariable("destination_number"))
        ACTIONS = { { "eval", "saw ${seen}" }, { "set", 5 }, "eval", { "hangup", "USER_BUSY" } }"#,
    )
    .await;
    assert_eq!(
        call.executed,
        ["executed eval saw x", "executed set 5", "executed eval ", "executed hangup USER_BUSY"]
    );
    assert_eq!(call.cause, "USER_BUSY");
    for (bad, cause) in [
        ("ACTIONS = { { 'answer' }, { 'eval', {} } }", "NO_ROUTE_DESTINATION"),
        ("ACTIONS = { { 'answer' }, true }", "NO_ROUTE_DESTINATION"),
        ("ACTIONS = { {} }", "NO_ROUTE_DESTINATION"),
        ("ACTIONS = 5", "NO_ROUTE_DESTINATION"),
        ("error('of its own')", "NO_ROUTE_DESTINATION"),
        ("ACTIONS = {}; for i = 1, 10001 do ACTIONS[i] = 'eval' end", "NO_ROUTE_DESTINATION"),
        ("ACTIONS = {}", "NORMAL_CLEARING"),
        ("session:hangup('USER_BUSY')", "USER_BUSY"),
        ("", "NORMAL_CLEARING"),
    ] {
        let call = routed(&server, "plan", bad).await;
        assert_eq!((call.executed.len(), &*call.cause), (0, cause), "{bad}: {:?}", call.executed);
    }
    // Case c862 of the corpus.
    let dialplans = server.command("show dialplan").await;
    assert_eq!(
        dialplans,
        "type,name,ikey\ndialplan,LUA,mod_lua\ndialplan,XML,mod_dialplan_xml\ndialplan,inline,mod_dptools\n\n3 total.\n"
    );
}

async fn until(mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..3_600 {
        if condition().await {
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("not within an hour");
}

async fn global(server: &Server, name: &str) -> String {
    server.command(&format!("global_getvar {name}")).await
}

async fn hooks(server: &Server) -> Value {
    let list = server.command("script hooks json").await;
    serde_json::from_str(&list).unwrap_or_else(|_| panic!("{list}"))
}

fn custom(server: &Server, subclass: &str, number: usize) {
    let mut event: Event = server.switch.events().custom(subclass);
    event.set("Number", number.to_string()).set_body("the body");
    server.switch.events().publish(event);
}

#[tokio::test(start_paused = true)]
async fn a_hook_runs_for_each_event() {
    let hook =
        conf("<hook event=\"CUSTOM\" subclass=\"demo::one\" script=\"golden/s/hook.lua more\"/>");
    let server = Server::with(LuaVersion::default(), &hook, "").await;
    server.snippet(
        "hook",
        r#"
        local number = event:getHeader("Number")
        if number == "3" then error("the third") end
        local seen = (freeswitch.getGlobalVariable("seen") or "") .. number
        freeswitch.setGlobalVariable("seen", seen)
        freeswitch.setGlobalVariable("last", event:getType() .. event:getBody() .. argv[1])
        "#,
    );
    for number in 1..=4 {
        custom(&server, "demo::one", number);
        custom(&server, "demo::other", number);
    }
    until(async || hooks(&server).await[0]["run"] == 4).await;
    until(async || global(&server, "seen").await == "124").await;
    assert_eq!(global(&server, "last").await, "CUSTOMthe bodymore");
    let hooks = hooks(&server).await;
    assert_eq!((&hooks[0]["failed"], &hooks[0]["missed"]), (&1.into(), &0.into()), "{hooks}");
    let text = server.command("script hooks").await;
    assert!(text.contains("demo::one") && text.contains("golden/s/hook.lua more"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_hook_misses_events_and_holds_up_nobody() {
    let hook = conf(
        "<param name=\"hook-queue\" value=\"10\"/><hook event=\"CUSTOM\" subclass=\"a\" script=\"golden/s/hook.lua\"/>",
    );
    let server = Server::with(LuaVersion::default(), &hook, "").await;
    server.snippet("hook", "freeswitch.msleep(60000)");
    // The hook listens from the first poll of its task on.
    custom(&server, "a", 0);
    until(async || hooks(&server).await[0]["run"] == 1).await;
    for number in 1..=100 {
        custom(&server, "a", number);
    }
    until(async || hooks(&server).await[0]["missed"] == 90).await;
    until(async || hooks(&server).await[0]["run"] == 11).await;
}

#[tokio::test(start_paused = true)]
async fn a_hook_for_all_events_is_not_run_for_its_own_runs() {
    let hook = conf("<hook event=\"CUSTOM\" script=\"golden/s/hook.lua\"/>");
    let server = Server::with(LuaVersion::default(), &hook, "").await;
    server.snippet("hook", "");
    custom(&server, "a", 0);
    // Once for the event, and for what is told of compiling the script.
    until(async || hooks(&server).await[0]["run"].as_u64() > Some(0)).await;
    sleep(Duration::from_secs(10)).await;
    let before = hooks(&server).await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(hooks(&server).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_startup_script_runs_again_as_it_says() {
    let mut settings = String::new();
    for (name, restart) in
        [("once", "never"), ("fails", "on-failure"), ("done", "on-failure"), ("again", "always")]
    {
        let _ = write!(
            settings,
            "<param name=\"startup-script\" value=\"golden/s/{name}.lua {name} x\" restart=\"{restart}\" \
             restart-wait=\"2\"/>"
        );
    }
    let server = Server::with(LuaVersion::default(), &conf(&settings), "").await;
    let count = r#"
        local name = argv[1]
        local count = (tonumber(freeswitch.getGlobalVariable(name)) or 0) + 1
        freeswitch.setGlobalVariable(name, tostring(count))
        assert(argv[2] == "x" and session == nil)
        "#;
    for name in ["once", "done", "again"] {
        server.snippet(name, count);
    }
    server.snippet("fails", &format!("{count} error('again')"));
    server.scripts.startup().await;
    // After 0, 2, 6, 14, 30 s; the clock runs from wherever the first one was started.
    sleep(Duration::from_secs(29)).await;
    assert_eq!(global(&server, "once").await, "1");
    assert_eq!(global(&server, "done").await, "1");
    assert_eq!(global(&server, "fails").await, "4");
    assert_eq!(global(&server, "again").await, "4");

    server.snippet("again", "freeswitch.msleep(3600000)");
    server.snippet("fails", "freeswitch.msleep(3600000)");
    server.command("reload mod_lua").await;
    until(async || server.command("script list").await.contains("2 total.")).await;
    let killed = server.command("script kill golden/s/again.lua").await;
    assert!(killed.starts_with("+OK 1 killed"), "{killed}");
    sleep(Duration::from_secs(300)).await;
    let list = server.command("script list").await;
    assert!(list.contains("1 total.") && !list.contains("again.lua"), "{list}");

    // They come back with the module.
    assert!(server.command("unload -f mod_lua").await.starts_with("+OK"), "{list}");
    assert_eq!(server.command("script list").await, "\n0 total.\n");
    sleep(Duration::from_secs(300)).await;
    assert_eq!(server.command("script list").await, "\n0 total.\n");
    let loaded = server.command("load mod_lua").await;
    assert!(loaded.contains("+OK"), "{loaded}");
    until(async || server.command("script list").await.contains("2 total.")).await;
}

/// A lookup that nobody waits for any more ends its script.
#[tokio::test(start_paused = true)]
async fn a_handler_ends_with_its_call() {
    let server = Server::with(LuaVersion::default(), &handler("languages", ""), "").await;
    server.snippet("handler", "freeswitch.msleep(3600000)");
    let switch = server.switch.clone();
    let params = switch.request_params();
    assert_eq!(params.name(), EventName::RequestParams);
    let asking = tokio::spawn(async move {
        switch.lookup(Section::Languages, "language", "name", "en", params).await.is_some()
    });
    until(async || server.command("script list").await.contains("handler.lua")).await;
    asking.abort();
    until(async || server.command("script list").await == "\n0 total.\n").await;
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_through_a_script() {
    let plan = r#"<section name="chatplan"><context name="default"><extension name="x"><condition>
        <action application="lua" data="golden/s/bot.lua one"/><action application="fire"/>
      </condition></extension></context></section>"#;
    let server = Server::with(LuaVersion::default(), "", plan).await;
    server.snippet("bot", CASE);
    server.snippet(
        "case",
        r#"
        assert(session == nil and message:getBody() == "hello" and message:getHeader("to_user") == "bot")
        message:addHeader("Seen", message:getHeader("from") .. argv[1])
        "#,
    );
    let filter = ringfence_switch::event::Filter::none().with(EventName::Message);
    let mut events = server.switch.events().subscribe(filter, 10);
    assert_eq!(server.command("chat sip|alice@a.org|bot@b.org|hello").await, "Sent");
    let event = events.next().await.event;
    assert_eq!(event.header("Seen").as_deref(), Some("alice@a.orgone"));
    assert_eq!((event.header("to").as_deref(), event.body()), (Some("bot@b.org"), Some("hello")));
    // A script that fails changes nothing, and the next application runs.
    server.snippet("case", "message:addHeader('Seen', 'x')\nerror('of its own')");
    assert_eq!(server.command("chat sip|alice@a.org|bot@b.org|hello").await, "Sent");
    assert_eq!(events.next().await.event.header("Seen"), None);
}

#[tokio::test(start_paused = true)]
async fn a_hangup_hook_gets_all_of_the_call() {
    let server = Server::start(LuaVersion::default()).await;
    server.snippet(
        "bye",
        r#"
        local function header(name) return tostring(env:getHeader(name)) end
        freeswitch.setGlobalVariable("bye", table.concat({ argv[1], header("variable_hangup_cause"),
            header("variable_mine"), header("Caller-Destination-Number"), header("API-Command"),
            tostring(env:getHeader("variable_duration") ~= nil), tostring(session ~= nil),
            session and session:hangupCause() or "" }, " "))
        "#,
    );
    for (with, seen) in [
        ("false", "lua_bye USER_BUSY 1 lua_call lua true false "),
        ("true", "lua_bye USER_BUSY 1 lua_call lua true true USER_BUSY"),
    ] {
        server.snippet(
            "call",
            &format!(
                "session:setVariable('mine', '1')\nsession:setVariable('session_in_hangup_hook', '{with}')\n\
                 session:setVariable('api_hangup_hook', 'lua golden/s/bye.lua lua_bye')\n\
                 session:hangup('USER_BUSY')"
            ),
        );
        server.call("call", false, Vec::new()).await;
        assert_eq!(global(&server, "bye").await, seen);
        server.command("global_setvar bye=").await;
    }
    // A hook that is no command, and one that does not end, keep no channel for ever.
    server.snippet("wait", "while true do freeswitch.msleep(1000) end");
    for hook in ["nosuch", "lua golden/s/wait.lua"] {
        let began = Instant::now();
        let line = format!("originate {{api_hangup_hook='{hook}'}}null/x &hangup()");
        assert!(server.command(&line).await.starts_with("+OK"), "{hook}");
        until(async || server.switch.sessions().is_empty()).await;
        assert!(began.elapsed() < Duration::from_secs(310), "{hook}: {:?}", began.elapsed());
    }
    assert_eq!(server.command("script list").await, "\n0 total.\n");
}
