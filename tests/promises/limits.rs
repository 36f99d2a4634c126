use ringfence_tests::{Caller, Server};

/// A limit as the operator sets it, and a script that hits it on a line of its own.
struct Case {
    /// The limit, and what a run that it ends is called.
    name: &'static str,
    /// The profile; everything else is `trusted`.
    profile: &'static [(&'static str, &'static str)],
    /// Its second line, after `session:answer()`, is the last one that calls the server before the
    /// end, unless it goes on doing so.
    script: &'static str,
    /// What `script_error` tells.
    error: &'static str,
}

/// Limits that end a script. Each is caught by the script as well as it can.
const CASES: &[Case] = &[
    Case {
        name: "cpu-limit",
        profile: &[("cpu-limit", "1")],
        script: "while true do pcall(function() while true do end end) end",
        error: "processor time",
    },
    Case {
        name: "burst-limit",
        profile: &[("burst-limit", "1")],
        script: "while true do pcall(function() while true do end end) end",
        error: "without a host call",
    },
    Case {
        name: "wall-limit",
        profile: &[("wall-limit", "1")],
        script: "while true do pcall(session.sleep, session, 600000) end",
        error: "1",
    },
    Case {
        name: "fuel-limit",
        profile: &[("fuel", "100000000")],
        script: "while true do pcall(function() while true do end end) end",
        error: "100000000",
    },
    Case {
        name: "host-call-limit",
        profile: &[("host-call-limit", "100")],
        script: "while true do pcall(session.getVariable, session, 'uuid') end",
        error: "100",
    },
    Case {
        name: "log-limit",
        profile: &[("log-limit", "4")],
        script: "while true do pcall(freeswitch.consoleLog, 'notice', ('x'):rep(500) .. '\\n') end",
        error: "log",
    },
    Case {
        name: "output-limit",
        profile: &[("output-limit", "4")],
        script: "while true do pcall(print, ('x'):rep(500)) end",
        error: "printing",
    },
    Case {
        name: "handle-limit",
        profile: &[("files", "4")],
        script: "local open = {} while true do open[#open + 1] = io.open(argv[0]) end",
        error: "4",
    },
    Case {
        name: "refused-limit",
        profile: &[("refused-limit", "5"), ("api", "none")],
        script: "while true do pcall(freeswitch.API().execute, freeswitch.API(), 'status', '') end",
        error: "5",
    },
];

#[test]
fn each_limit_ends_a_script_that_does_not_heed_it() {
    let mut server = Server::start(|conf| {
        for (index, case) in CASES.iter().enumerate() {
            let number = format!("62{index:02}");
            conf.profile(case.name, &format!("test_{number}.lua"), case.profile)
                .lua_and_tell(&number, &format!("session:answer()\n{}", case.script));
        }
    });
    for (index, case) in CASES.iter().enumerate() {
        let number = format!("62{index:02}");
        let script = format!("test_{number}.lua");
        let mut caller = Caller::new(server.port());
        caller.invite(&number);
        caller.answered();
        // The call goes on with the dialplan, which is told why.
        let told = server.told(&number);
        assert_eq!(told.result, case.name, "{told:?}");
        assert!(told.error.contains(case.error), "{told:?}");
        caller.ended();
        // The log says it with call, script and the line of the last call of the server.
        let line = server.log.wait_for(&[case.name, &script, &told.call, &told.job]);
        let place = [":1", ":2"].iter().any(|line_of| line.contains(&format!("{script}{line_of}")));
        assert!(place, "no place in: {line}");
        assert_eq!(server.ended_as(&script, case.name), 1, "{}", case.name);
    }
    server.no_job();
    server.assert_serves();
}

#[test]
fn a_script_can_handle_the_lack_of_memory() {
    let server = Server::start(|conf| {
        conf.profile("small", "test_63*.lua", &[("memory", "8")]).lua_and_tell(
            "6300",
            r#"session:answer()
               local held = {}
               local ok, why = pcall(function()
                   while true do held[#held + 1] = ("x"):rep(100000) .. #held end
               end)
               held = nil
               session:consoleLog("notice", "in time: " .. tostring(ok) .. " " .. why .. "\n")"#,
        );
        conf.lua_and_tell(
            "6301",
            "session:answer()\nlocal held = {} while true do held[#held + 1] = ('x'):rep(100000) .. #held end",
        );
    });
    for number in ["6300", "6301"] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.answered();
        caller.ended();
    }
    server.log.wait_for(&["in time: false", "not enough memory"]);
    assert_eq!(server.told("6300").result, "ok");
    let told = server.told("6301");
    assert_eq!(told.result, "error", "{told:?}");
    assert!(told.error.contains("not enough memory"), "{told:?}");
}

#[test]
fn what_can_be_handled_is_a_lua_error_first() {
    let server = Server::start(|conf| {
        conf.profile("quiet", "test_6310.lua", &[("log-limit", "4")])
            .profile("few", "test_6311.lua", &[("files", "3")])
            .profile("narrow", "test_6312.lua", &[("api", "none")])
            .lua_and_tell(
                "6310",
                r#"session:answer()
                   local ok, why
                   repeat ok, why = pcall(freeswitch.consoleLog, "notice", ("x"):rep(500) .. "\n") until not ok
                   session:setVariable("refused", why)"#,
            )
            .lua_and_tell(
                "6311",
                r#"session:answer()
                   local open, file, why, number = {}
                   repeat file, why, number = io.open(argv[0]) open[#open + 1] = file until not file
                   session:setVariable("refused", #open .. " open: " .. why .. " " .. number)"#,
            )
            .lua_and_tell(
                "6312",
                r#"session:answer()
                   local api = freeswitch.API()
                   local ok, why = pcall(api.execute, api, "status", "")
                   session:setVariable("refused", why)"#,
            );
        for (number, wanted) in [("6310", "log"), ("6311", "open"), ("6312", "status")] {
            conf.replace(
                &format!("dialplan/default/test_{number}.xml"),
                "CONSOLE [told",
                &format!("CONSOLE {wanted}: ${{refused}} [told"),
            );
        }
    });
    for number in ["6310", "6311", "6312"] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.answered();
        caller.ended();
        assert_eq!(server.told(number).result, "ok", "{}", server.log);
    }
    server.log.wait_for(&["log: ", "log-limit"]);
    server.log.wait_for(&["open: ", "24"]);
    server.log.wait_for(&["status: ", "permission", "narrow"]);
}

#[test]
fn endless_recursion_in_every_form_ends_its_script_only() {
    let recursions = [
        "local function f() return f() + 1 end f()",
        "local function f() return string.gsub('x', 'x', f) end f()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] end local x = t.a",
        "local s = ('('):rep(100000) .. (')'):rep(100000) string.match('x', s)",
        "local function f() return coroutine.wrap(f)() end f()",
        "load(('('):rep(1000000))()",
    ];
    let mut server = Server::start(|conf| {
        for (index, script) in recursions.iter().enumerate() {
            // 5.1 has no bound of its own for all of them: the guest's stack is the last one.
            for version in ["5.1", "5.4"] {
                let number = format!("{}{index:02}", if version == "5.1" { 64 } else { 65 });
                conf.lua_and_tell(&number, &format!("session:answer()\n{script}"));
            }
        }
        conf.replace(
            "autoload_configs/lua.conf.xml",
            "</scripts>",
            "<script pattern=\"test_64*.lua\" lua=\"5.1\"/></scripts>",
        );
    });
    for (index, recursion) in recursions.iter().enumerate() {
        for number in [format!("64{index:02}"), format!("65{index:02}")] {
            let mut caller = Caller::new(server.port());
            caller.invite(&number);
            caller.answered();
            caller.ended();
            let told = server.told(&number);
            let handled = ["error", "stack-limit", "memory-limit"];
            assert!(handled.contains(&told.result.as_str()), "{recursion}: {told:?}");
        }
    }
    server.assert_serves();
}

#[test]
fn scripts_within_scripts_are_bounded() {
    let server = Server::start(|conf| {
        conf.profile("flat", "test_6600.lua", &[("nested-limit", "3")])
            .profile("lonely", "test_6601.lua", &[("owner-instances", "3")])
            .script("sleeper.lua", "freeswitch.msleep(600000)")
            .lua_and_tell(
                "6600",
                r#"local depth = tonumber(argv[1] or 1)
                   freeswitch.consoleLog("notice", "depth " .. depth .. "\n")
                   local answer = freeswitch.API():execute("lua", "test_6600.lua " .. depth + 1)
                   freeswitch.consoleLog("notice", depth .. " got " .. answer .. "\n")"#,
            )
            .lua_and_tell(
                "6601",
                r#"session:answer()
                   local api = freeswitch.API()
                   for i = 1, 3 do
                       freeswitch.consoleLog("notice", "start " .. i .. ": " .. api:execute("luarun", "sleeper.lua"))
                   end"#,
            );
    });
    for number in ["6600", "6601"] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.final_response();
        assert_eq!(server.told(number).result, "ok");
    }
    server.log.wait_for(&["depth 3"]);
    server.log.wait_for(&["3 got -ERR"]);
    server.log.wait_for(&["nested-limit"]);
    assert!(server.log.with("depth 4").is_empty());
    // The script itself, and two more.
    server.log.wait_for(&["start 2: +OK"]);
    server.log.wait_for(&["start 3: -ERR", "owner-instances"]);
}

/// A file that is kept from a script costs one line of the log, however often the script tries.
#[test]
fn a_file_that_is_kept_is_told_once() {
    let mut server = Server::start(|conf| {
        conf.profile("kept", "test_6800.lua", &[("wall-limit", "60")]).lua_and_tell(
            "6800",
            "session:answer()\nlocal why\nfor i = 1, 500 do why = select(2, io.open('/nosuch/file')) end\n\
             freeswitch.consoleLog('info', 'heard: ' .. why .. '\\n')",
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("6800");
    caller.answered();
    assert_eq!(server.told("6800").result, "ok");
    let refusal = "script test_6800.lua may not read /nosuch/file: permission read or write is missing in \
                   profile kept";
    server.log.wait_for(&["heard: ", refusal]);
    let told: Vec<_> = server.log.with(refusal);
    let warned: Vec<_> = told.iter().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warned.len(), 1, "{told:?}");
    assert!(warned.iter().all(|line| line.contains("test_6800.lua:3")), "{warned:?}");
    server.assert_serves();
}

#[test]
fn a_script_has_no_more_instances_than_it_may() {
    let mut server = Server::start(|conf| {
        conf.profile("single", "test_6700.lua", &[("script-instances", "1")])
            .lua_and_tell("6700", "session:answer() session:sleep(600000)");
    });
    let mut first = Caller::new(server.port());
    first.invite("6700");
    first.answered();
    server.job("test_6700.lua");
    let mut second = Caller::new(server.port());
    second.invite("6700");
    second.refused();
    let told = server.told("6700");
    assert_eq!(told.result, "script-instances", "{told:?}");
    assert_eq!(first.bye().status(), Some(200));
    server.no_job();
    // The place is free again.
    let mut third = Caller::new(server.port());
    third.invite("6700");
    third.answered();
    server.job("test_6700.lua");
    server.assert_serves();
}
