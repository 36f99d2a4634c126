use std::time::{Duration, Instant};

use ringfence_tests::{Caller, Server, eventually};

const LUA: &str = "autoload_configs/lua.conf.xml";

/// A server whose dialplan asks `handler.lua` first; `5999` is in the files, and busy.
fn server(handler: &str) -> Server {
    Server::start(|conf| {
        conf.setting("sessions-per-second", "1000")
            .script("handler.lua", handler)
            .extension("5999", "<action application=\"hangup\" data=\"USER_BUSY\"/>")
            .replace(
                LUA,
                "</settings>",
                "<param name=\"xml-handler-script\" value=\"handler.lua\"/>\
                 <param name=\"xml-handler-bindings\" value=\"dialplan|directory\"/>\
                 <param name=\"xml-handler-timeout\" value=\"1\"/></settings>",
            );
    })
}

/// What a call to `5999` ends with.
fn busy(server: &Server) -> u16 {
    let mut caller = Caller::new(server.port());
    caller.invite("5999");
    caller.refused().status().unwrap_or_default()
}

/// A handler may do what it likes: each call is served by the files, the others notice nothing, and one
/// line in the log says which handler, and where.
#[test]
fn the_files_serve_whatever_a_handler_does() {
    const LATE: &str = "it was not done within 1s (xml-handler-timeout of lua.conf.xml)";
    for (what, handler, told) in [
        ("fails", "local x = nil\nx.y = 1", "handler.lua:2"),
        ("computes for ever", "while true do end", LATE),
        ("waits for ever", "\nfreeswitch.msleep(3600000)", "handler.lua:2"),
        ("computes after a call", "freeswitch.getGlobalVariable('a')\nwhile true do end", LATE),
        ("exits", "os.exit(3)", "it exited with code 3"),
        ("answers a table", "XML_STRING = {}", "XML_STRING is a table, not a string"),
        ("answers a boolean", "XML_STRING = true", "XML_STRING is a boolean, not a string"),
        ("answers a number", "XML_STRING = 5", "it holds no element"),
        ("answers a text", "XML_STRING = 'not found'", "it holds no element"),
        ("answers 100 MB", "XML_STRING = ('<extension/>'):rep(9000000)", "handler.lua"),
        ("answers too much", "XML_STRING = ('<extension/>'):rep(2000000)", "handler.lua"),
        ("answers no XML", "XML_STRING = '<document>\\n<section'", "XML_STRING of"),
        ("is no Lua", "this is no Lua", "handler.lua:1"),
        (
            "asks itself",
            "freeswitch.API():execute('user_exists', 'id 1 a')\nerror('after it')",
            "handler.lua:2",
        ),
    ] {
        let mut server = server(handler);
        let mut caller = Caller::new(server.port());
        caller.invite("9196");
        assert_eq!(busy(&server), 486, "{what}");
        eventually(&format!("{what}: the log to tell {told:?}"), || {
            (!server.log.with(told).is_empty()).then_some(())
        });
        server.log.wait_for(&["the static XML serve", told, "handler.lua", "section=\"dialplan\""]);
        assert_eq!(server.api("user_exists id 1 example.org"), "false", "{what}");
        eventually(&format!("{what}: no script to be left"), || {
            server.jobs().is_empty().then_some(())
        });
        drop(caller);
        server.assert_serves();
    }
}

/// Thirty calls whose handler hangs get their route from the files, each after the handler's time and
/// not one after the other.
#[test]
fn handlers_that_hang_do_not_queue() {
    let mut server = server("freeswitch.msleep(3600000)");
    let began = Instant::now();
    let mut callers: Vec<Caller> = (0..30)
        .map(|_| {
            let mut caller = Caller::new(server.port());
            caller.invite("5999");
            caller
        })
        .collect();
    for caller in &mut callers {
        assert_eq!(caller.refused().status(), Some(486));
    }
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    server.assert_serves();
}

/// A hook that is slower than its events misses some, and the call that causes them waits for nothing.
#[test]
fn a_hook_that_hangs_holds_up_nobody() {
    let mut server = Server::start(|conf| {
        conf.script("hook.lua", "while true do freeswitch.msleep(1000) end").replace(
            LUA,
            "</settings>",
            "<param name=\"hook-queue\" value=\"1\"/>\
             <hook event=\"CHANNEL_STATE\" script=\"hook.lua\"/></settings>",
        );
    });
    for _ in 0..5 {
        server.api("originate null/x &hangup()");
    }
    eventually("the hook to miss events", || {
        let hooks = server.api("script hooks json");
        let hooks: serde_json::Value = serde_json::from_str(&hooks).ok()?;
        hooks.get(0)?.get("missed")?.as_u64().filter(|missed| *missed > 0)
    });
    server.assert_serves();
}

/// A hangup hook gets all about the call in `env`, and the session when the call says so.
#[test]
fn a_hangup_hook_sees_all_of_the_call() {
    let mut server = Server::start(|conf| {
        conf.script(
            "bye.lua",
            "local seen = { argv[1], tostring(session ~= nil), env:getHeader('variable_hangup_cause'),\n\
             env:getHeader('Caller-Destination-Number'), tostring(env:getHeader('variable_mine')),\n\
             env:getHeader('API-Command'), tostring(env:getHeader('variable_duration') ~= nil) }\n\
             freeswitch.setGlobalVariable('bye' .. argv[1], table.concat(seen, ' '))",
        )
        .extension(
            "5998",
            "<action application=\"set\" data=\"mine=1\"/>\
             <action application=\"set\" data=\"api_hangup_hook=lua bye.lua ${destination_number}\"/>\
             <action application=\"hangup\" data=\"USER_BUSY\"/>",
        )
        .extension(
            "5997",
            "<action application=\"set\" data=\"session_in_hangup_hook=true\"/>\
             <action application=\"set\" data=\"api_hangup_hook=lua bye.lua 5997\"/>\
             <action application=\"hangup\" data=\"CALL_REJECTED\"/>",
        );
    });
    for (number, seen) in [
        ("5998", "5998 false USER_BUSY 5998 1 lua true"),
        ("5997", "5997 true CALL_REJECTED 5997  lua true"),
    ] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.refused();
        let seen = seen.replace("5997  lua", "5997 nil lua");
        eventually("the hook to run", || {
            let told = server.api(&format!("global_getvar bye{number}"));
            (!told.starts_with("-ERR")).then(|| assert_eq!(told, seen))
        });
    }
    server.assert_serves();
}
