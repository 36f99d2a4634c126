use serde_json::Value;

use ringfence_tests::{Caller, Control, Server, eventually};

#[test]
fn every_running_script_is_a_job() {
    let mut server = Server::start(|conf| {
        conf.script("forever.lua", "freeswitch.msleep(600000)")
            .script("inner.lua", "freeswitch.msleep(600000)")
            .lua("6000", "session:answer()\nsession:sleep(600000)")
            .lua("6001", "freeswitch.API():execute('lua', 'inner.lua')")
            .replace(
                "autoload_configs/lua.conf.xml",
                "</settings>",
                "<param name=\"startup-script\" value=\"forever.lua\"/></settings>",
            );
    });
    let startup = server.job("forever.lua");
    assert!(startup.text("owner").is_some_and(|owner| owner.contains("startup")), "{startup:?}");

    let mut caller = Caller::new(server.port());
    caller.invite("6000");
    caller.answered();
    let job = server.job("test_6000.lua");
    let owner = job.text("owner").unwrap_or_default();
    let call = job.text("call").expect("the uuid of its call");
    assert_eq!(server.api(&format!("uuid_exists {call}")), "true");
    assert!(owner.contains("call"), "{job:?}");
    assert_eq!(job.text("profile"), Some("trusted"), "{job:?}");
    eventually("its place and what it waits for", || {
        let job = server.job("test_6000.lua");
        let place = job.text("at").is_some_and(|at| at.ends_with("test_6000.lua:2"));
        (place && job.json().to_string().contains("session.")).then_some(())
    });
    // What a human gets names the same job.
    let shown = server.api(&format!("script show {}", job.id()));
    for part in [job.id(), call, "test_6000.lua:2", "trusted"] {
        assert!(shown.contains(part), "no {part} in:\n{shown}");
    }
    assert!(server.api("script list").contains(job.id()));

    // A script that waits for another one, and the other one.
    let mut nested = Caller::new(server.port());
    nested.invite("6001");
    server.job("test_6001.lua");
    let inner = server.job("inner.lua");
    // When the outer one ends, nobody waits for the inner one any more.
    server.api("script kill test_6001.lua");
    eventually("the inner one to end", || {
        server.jobs().iter().all(|job| job.id() != inner.id()).then_some(())
    });

    assert_eq!(caller.bye().status(), Some(200));
    server.assert_serves();
}

#[test]
fn luarun_answers_the_job_or_the_path_that_it_tried() {
    let server = Server::start(|conf| {
        conf.script("wait.lua", "freeswitch.msleep(600000)");
    });
    let answer = server.api("luarun wait.lua");
    let id = answer.strip_prefix("+OK ").unwrap_or_else(|| panic!("{answer}"));
    let job = server.job("wait.lua");
    assert_eq!(job.id(), id);
    assert!(job.text("owner").is_some_and(|owner| owner.contains("luarun")), "{job:?}");
    assert_eq!(job.text("call"), None);

    let answer = server.api("luarun folder/none.lua");
    let path = server.file("scripts/folder/none.lua");
    assert!(answer.starts_with("-ERR") && answer.contains(path.to_str().unwrap()), "{answer}");
}

#[test]
fn what_is_not_there_is_said() {
    let server = Server::shipped();
    let nobody = "00000000-0000-4000-8000-000000000000";
    for command in [
        format!("script show {nobody}"),
        format!("script kill {nobody}"),
        "script kill none.lua".to_owned(),
        format!("script wait {nobody}"),
        "script run none.lua".to_owned(),
        "script no-such-verb".to_owned(),
        "script kill".to_owned(),
        "script wait".to_owned(),
        "script".to_owned(),
    ] {
        let answer = server.api(&command);
        assert!(answer.starts_with("-ERR") || answer.contains("-USAGE"), "{command}: {answer}");
    }
    assert!(server.jobs().is_empty());
}

#[test]
fn one_can_wait_for_a_script() {
    let server = Server::start(|conf| {
        conf.script("short.lua", "freeswitch.msleep(500)")
            .script("long.lua", "freeswitch.msleep(600000)");
    });
    let start = |script: &str| {
        let answer = server.api(&format!("luarun {script}"));
        answer.strip_prefix("+OK ").unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let long = start("long.lua");
    let answer = server.api(&format!("script wait {long} 1"));
    assert!(answer.starts_with("-ERR"), "{answer}");
    // However long it ran: nobody has to be quick to see its end.
    let short = start("short.lua");
    let answer = server.api(&format!("script wait {short} 60"));
    assert!(answer.starts_with("+OK") && answer.contains("returned"), "{answer}");
    assert!(server.jobs().iter().all(|job| job.id() != short), "{answer}");
    server.api(&format!("script kill {long}"));
    let answer = server.api(&format!("script wait {long} 60"));
    assert!(answer.starts_with("+OK") && answer.contains("killed"), "{answer}");
    assert!(server.jobs().is_empty(), "{answer}");
}

#[test]
fn ended_runs_are_counted() {
    let server = Server::start(|conf| {
        conf.lua("6100", "session:answer() session:hangup()")
            .lua("6101", "session:answer()\nerror('of its own')");
    });
    for number in ["6100", "6100", "6100", "6101"] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.answered();
        caller.ended();
    }
    server.no_job();
    assert_eq!(server.runs("test_6100.lua"), 3);
    assert_eq!(server.runs("test_6101.lua"), 1);
    assert_eq!(server.ended_as("test_6101.lua", "error"), 1);
    let told = server.api("script stats");
    assert!(told.contains("test_6100.lua") && told.contains("test_6101.lua"), "{told}");
    assert!(told.contains("of its own"), "the last error is missing:\n{told}");
}

#[test]
fn starts_and_ends_are_events() {
    let server = Server::start(|conf| {
        conf.lua("6150", "session:answer() session:sleep(600000)");
    });
    let mut control = Control::connect(&server);
    control.command("event json CUSTOM ringfence::script");
    let mut caller = Caller::new(server.port());
    caller.invite("6150");
    caller.answered();
    // Compiling is a job, too.
    let of_call = |event: &Value| event["Unique-ID"].as_str().is_some_and(|call| !call.is_empty());
    let start = control.event("the start", |event| of_call(event) && event["Action"] == "start");
    let job = server.job("test_6150.lua");
    assert_eq!(start["Script-Job"], job.id());
    assert_eq!(start["Unique-ID"].as_str(), job.text("call"));
    server.api(&format!("script kill {} on purpose", job.id()));
    let stop = control.event("the end", |event| of_call(event) && event["Action"] == "stop");
    assert_eq!(stop["Script-Job"], job.id());
    assert_eq!(stop["Script-Result"], "killed");
    assert!(stop["Script-Error"].as_str().is_some_and(|why| why.contains("on purpose")), "{stop}");
    for cost in ["Script-Wall-Ms", "Script-Cpu-Ms", "Script-Peak-Memory", "Script-Host-Calls"] {
        let number = stop[cost].as_str().and_then(|text| text.parse::<u64>().ok());
        assert!(number.is_some(), "{cost}: {stop}");
    }
    caller.ended();
}

#[test]
fn components_run_as_scripts_too() {
    let mut server = Server::start(|conf| {
        conf.script("nothing.wasm", "this is not a component").extension(
            "6200",
            r#"<action application="answer"/>
               <action application="script" data="nothing.wasm"/>
               <action application="log" data="CONSOLE went on: ${script_result}: ${script_error}"/>"#,
        );
        conf.script("by_script.lua", "session:answer() session:sleep(600000)")
            .extension("6201", r#"<action application="script" data="by_script.lua"/>"#);
    });
    let mut caller = Caller::new(server.port());
    caller.invite("6200");
    caller.answered();
    server.log.wait_for(&["went on: ", "nothing.wasm"]);
    caller.ended();

    let mut caller = Caller::new(server.port());
    caller.invite("6201");
    caller.answered();
    server.job("by_script.lua");
    assert_eq!(caller.bye().status(), Some(200));
    server.no_job();
    server.assert_serves();
}
