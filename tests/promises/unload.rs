use ringfence_tests::{Caller, Server, eventually};

fn modules(server: &Server) -> bool {
    assert_eq!(server.api("module_exists mod_no_such"), "false");
    let exists = server.api("module_exists mod_lua");
    let shown = server.api("show modules").contains("mod_lua");
    assert_eq!(exists, shown.to_string());
    shown
}

fn call(server: &Server, number: &str) -> Caller {
    let mut caller = Caller::new(server.port());
    caller.invite(number);
    caller.answered();
    caller
}

#[test]
fn scripts_can_be_unloaded_under_calls_and_brought_back() {
    let mut server = Server::start(|conf| {
        conf.set("sandbox", "drain-time", "2")
            .lua_and_tell("6000", "session:answer() session:sleep(600000)")
            .lua_and_tell(
                "6001",
                "session:answer() session:sleep(500) freeswitch.consoleLog('notice', 'in time\\n')",
            )
            .extension(
                "6002",
                r#"<action application="answer"/>
                   <action application="lua" data="test_6000.lua"/>
                   <action application="log" data="CONSOLE without scripts: ${script_result}: ${script_error}"/>
                   <action application="echo"/>"#,
            );
    });
    assert!(modules(&server));
    let mut echo = call(&server, "9196");
    let mut long = call(&server, "6000");
    server.job("test_6000.lua");
    let mut short = call(&server, "6001");
    server.job("test_6001.lua");

    let answer = server.api("unload mod_lua");
    assert!(answer.contains("+OK"), "{answer}");
    assert!(!modules(&server));
    // Who was done in the drain time was not disturbed; who was not was killed, and its call went on.
    server.log.wait_for(&["in time"]);
    assert_eq!(server.told("6001").result, "ok");
    assert_eq!(server.told("6000").result, "killed");
    long.ended();
    short.ended();
    // New calls go on without the script, and say why; other calls never noticed.
    let mut without = call(&server, "6002");
    server.log.wait_for(&["without scripts: unloaded: ", "mod_lua"]);
    for caller in [&mut echo, &mut without] {
        caller.say(&[0x55; 800]);
        caller.hears(2);
    }
    assert_eq!(without.bye().status(), Some(200));
    let answer = server.api("luarun test_6000.lua");
    assert!(answer.starts_with("-ERR") || answer.contains("INVALID COMMAND"), "{answer}");
    assert_eq!(server.api("unload mod_lua"), "-ERR [No such module!]");

    let answer = server.api("load mod_lua");
    assert!(answer.contains("+OK"), "{answer}");
    assert!(modules(&server));
    let mut back = call(&server, "6000");
    server.job("test_6000.lua");
    assert_eq!(back.bye().status(), Some(200));
    echo.say(&[0x55; 800]);
    echo.hears(2);
    assert_eq!(echo.bye().status(), Some(200));
    server.no_job();
    server.assert_serves();
}

#[test]
fn the_memory_of_scripts_comes_back() {
    let mut server = Server::start(|conf| {
        conf.set("sandbox", "drain-time", "0").lua(
            "6000",
            r#"local held = {} for i = 1, 100 do held[i] = ("x"):rep(100000) .. i end
               session:answer() session:sleep(600000)"#,
        );
    });
    let unload = || {
        assert!(server.api("unload mod_lua").contains("+OK"));
        server.resident()
    };
    let load = || assert!(server.api("load mod_lua").contains("+OK"));
    let before = unload();
    for _ in 0..2 {
        load();
        let mut callers: Vec<Caller> = (0..20).map(|_| call(&server, "6000")).collect();
        eventually("20 jobs", || (server.jobs().len() == 20).then_some(()));
        let with = server.resident();
        assert!(with > before + 150_000, "20 scripts with 10 MB each take {with} kB");
        unload();
        for caller in &mut callers {
            caller.ended();
        }
        eventually("the memory to come back", || {
            (server.resident() < before + 40_000).then_some(())
        });
    }
    load();
    server.assert_serves();
}

#[test]
fn what_calls_need_cannot_be_unloaded() {
    let mut server = Server::shipped();
    for module in ["mod_commands", "mod_dptools", "mod_sofia"] {
        let answer = server.api(&format!("unload {module}"));
        assert_eq!(answer, "-ERR [Module is not unloadable]", "{module}");
        assert_eq!(server.api(&format!("module_exists {module}")), "true");
    }
    assert_eq!(server.api("unload mod_no_such"), "-ERR [No such module!]");
    server.assert_serves();
}
