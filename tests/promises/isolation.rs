use ringfence_tests::{Caller, Server, audio, eventually};

#[test]
fn scripts_that_never_end_leave_other_calls_alone() {
    let mut server = Server::start(|conf| {
        conf.lua("6300", "session:answer() while true do end")
            .lua("6301", "session:answer() while true do pcall(function() while true do end end) end")
            .lua("6302", "session:answer() local s = string.rep('a', 40) .. 'b' while true do s:find('a-a-a-a-a-a-a-c') end");
    });
    let mut spinning: Vec<Caller> = Vec::new();
    for number in ["6300", "6301", "6302", "6300", "6301", "6302"] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.answered();
        spinning.push(caller);
    }
    // Another call's sound comes through, and its script runs.
    let sound = audio::sweep(2.0);
    let said = server.file("said.wav");
    let heard = server.file("heard.wav");
    audio::write(&said, &sound);
    let arguments = [
        "--play",
        said.to_str().unwrap(),
        "--record",
        heard.to_str().unwrap(),
        "--hangup-after",
        "3",
    ];
    server.call("9196", arguments).assert(0, &[]);
    let likeness = audio::likeness(&sound, &audio::read(&heard));
    assert!(likeness > 0.8, "{likeness}");
    server.call("5000", ["--hangup-after", "2"]).assert(0, &[]);
    // And the spinning calls can hang up.
    for mut caller in spinning {
        assert_eq!(caller.bye().status(), Some(200));
    }
    server.assert_serves();
}

#[test]
fn a_script_that_takes_all_memory_fails_alone() {
    let mut server = Server::start(|conf| {
        conf.extension(
            "6400",
            r#"<action application="answer"/>
               <action application="lua" data="greedy.lua"/>
               <action application="log" data="NOTICE the dialplan goes on"/>"#,
        )
        .script(
            "greedy.lua",
            "local t = {} while true do t[#t + 1] = string.rep('x', 1000000) .. #t end",
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("6400");
    caller.answered();
    server.log.wait_for(&["greedy.lua", "memory"]);
    server.log.wait_for(&["the dialplan goes on"]);
    caller.ended();
    server.assert_serves();
}

#[test]
fn endless_recursion_is_an_error_of_its_script() {
    let mut server = Server::start(|conf| {
        for (index, version) in
            ["string.gsub('x', 'x', f)", "f()", "pcall(f)", "setmetatable({}, {__index = f}).x"]
                .iter()
                .enumerate()
        {
            conf.lua(
                &format!("65{index:02}"),
                &format!("session:answer() function f() return {version}, 1 end f()"),
            );
        }
    });
    for index in 0..4 {
        let mut caller = Caller::new(server.port());
        caller.invite(&format!("65{index:02}"));
        caller.answered();
        caller.ended();
    }
    server.assert_serves();
}

#[test]
fn two_runs_share_nothing() {
    let server = Server::start(|conf| {
        conf.lua(
            "6600",
            r#"counter = (counter or 0) + 1
               string.marked = (string.marked or 0) + 1
               freeswitch.consoleLog("notice", "run " .. counter .. "," .. string.marked .. " random " .. math.random(1000000000) .. "\n")
               session:answer()
               session:hangup()"#,
        );
    });
    let count = 5;
    for _ in 0..count {
        let mut caller = Caller::new(server.port());
        caller.invite("6600");
        caller.answered();
        caller.ended();
    }
    // The log comes through a pipe, the BYE does not.
    let lines = eventually("the log of all runs", || {
        let lines = server.log.with("run 1,1 random ");
        (lines.len() == count).then_some(lines)
    });
    let mut random: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            Some(line.split("random ").nth(1)?.split_whitespace().next()?.to_owned())
        })
        .collect();
    random.sort();
    random.dedup();
    assert_eq!(random.len(), count, "the same random numbers");
}

#[test]
fn a_flood_of_calls_over_the_limit_is_refused_and_the_running_ones_go_on() {
    let mut server = Server::start(|conf| {
        conf.setting("max-sessions", "5");
    });
    let mut running: Vec<Caller> = (0..5)
        .map(|_| {
            let mut caller = Caller::new(server.port());
            caller.invite("9196");
            caller.answered();
            caller
        })
        .collect();
    for _ in 0..20 {
        let mut caller = Caller::new(server.port());
        caller.invite("9196");
        let response = caller.refused();
        assert_eq!(response.status(), Some(503));
        assert!(response.header("retry-after").is_some(), "{response:?}");
    }
    for caller in &mut running {
        caller.say(&[0x55; 800]);
        caller.hears(2);
        assert_eq!(caller.bye().status(), Some(200));
    }
    server.assert_serves();
}
