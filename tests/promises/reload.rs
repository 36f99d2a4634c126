use std::fs;
use std::io::Write;
use std::time::Duration;

use ringfence_tests::{Caller, Server, eventually};

/// A script that says which one it is.
fn says(version: &str) -> String {
    format!(
        "session:answer()\nfreeswitch.consoleLog('notice', 'this is {version}\\n')\nsession:hangup()"
    )
}

/// Dials, and answers which version ran.
fn version_of(server: &Server, number: &str) -> String {
    let before = server.log.with("this is ").len();
    let mut caller = Caller::new(server.port());
    caller.invite(number);
    caller.answered();
    caller.ended();
    server.says("this is ", before);
    last_version(server)
}

/// Which version has said so last; the log adds the call after what a script says.
fn last_version(server: &Server) -> String {
    let line = server.log.with("this is ").last().cloned().unwrap_or_default();
    let rest = line.split("this is ").nth(1).unwrap_or("nothing");
    rest.split(" call=").next().unwrap_or_default().to_owned()
}

/// Dials until that version runs.
fn until(server: &Server, number: &str, version: &str) {
    eventually(version, || version_of(server, number).starts_with(version).then_some(()));
}

#[test]
fn the_next_run_has_what_was_saved_and_running_ones_keep_theirs() {
    let server = Server::start(|conf| {
        conf.lua("6000", &says("the first"));
        conf.script("part.lua", "return 'old part'").lua(
            "6001",
            "session:answer() session:sleep(600000) local part = require('part')\n\
             freeswitch.consoleLog('notice', 'it has ' .. part .. '\\n')",
        );
    });
    assert_eq!(version_of(&server, "6000"), "the first");
    server.configuration.script("test_6000.lua", &says("the second"));
    until(&server, "6000", "the second");

    // A run that requires a module after an edit gets the one of its own version, once a run has
    // shown that the module belongs to it.
    let mut shows = Caller::new(server.port());
    shows.invite("6001");
    shows.answered();
    shows.bye();
    server.log.wait_for(&["it has old part"]);
    server.no_job();
    let mut running = Caller::new(server.port());
    running.invite("6001");
    running.answered();
    let job = server.job("test_6001.lua");
    let before = job.text("version").expect("a version").to_owned();
    server.configuration.script("part.lua", "return 'new part'");
    let newer = eventually("a new version of the script, by its part alone", || {
        let mut caller = Caller::new(server.port());
        caller.invite("6001");
        caller.answered();
        let jobs = server.jobs();
        // Compiling is a job too.
        let newer = jobs.iter().find(|job| {
            job.text("script") == Some("test_6001.lua") && job.text("version") != Some(&before)
        });
        let newer = newer.cloned();
        caller.bye();
        newer
    });
    assert!(server.jobs().iter().any(|entry| entry.id() == job.id()), "it was ended");
    assert_ne!(newer.text("version"), Some(&*before));
    let old = server.log.with("it has old part").len();
    running.bye();
    eventually("the running one to require the old part", || {
        (server.log.with("it has old part").len() > old).then_some(())
    });
    server.log.wait_for(&["it has new part"]);
}

#[test]
fn a_script_that_does_not_compile_never_replaces_one_that_does() {
    let server = Server::start(|conf| {
        conf.lua("6000", &says("the good one"));
        conf.script("part.lua", "return 'a part that'").lua(
            "6001",
            "session:answer()\nfreeswitch.consoleLog('notice', 'this is ' .. require('part') .. ' works\\n')\nsession:hangup()",
        );
    });
    assert_eq!(version_of(&server, "6000"), "the good one");
    assert_eq!(version_of(&server, "6001"), "a part that works");
    server.configuration.script("test_6000.lua", "session:answer()\nthis is not Lua\n");
    server.configuration.script("part.lua", "return 'broken\n");
    server.log.wait_for(&["ERROR", "is not replaced", "test_6000.lua:2"]);
    server.log.wait_for(&["ERROR", "is not replaced", "part.lua:1"]);
    for _ in 0..3 {
        assert_eq!(version_of(&server, "6000"), "the good one");
        assert_eq!(version_of(&server, "6001"), "a part that works");
    }
    // Once, not with every call; and on demand.
    let faults = server.log.with("is not replaced");
    let of_it = faults.iter().filter(|line| line.contains("test_6000.lua:2")).count();
    assert_eq!(of_it, 1, "{faults:?}");
    let versions = server.api("script versions");
    assert!(versions.contains("test_6000.lua:2") && versions.contains("part.lua:1"), "{versions}");

    server.configuration.script("test_6000.lua", &says("mended"));
    server.configuration.script("part.lua", "return 'a mended part that'");
    until(&server, "6000", "mended");
    until(&server, "6001", "a mended part that works");
    let versions = server.api("script versions");
    assert!(!versions.contains("test_6000.lua:2"), "{versions}");
}

#[test]
fn a_file_is_not_picked_up_half_written() {
    let server = Server::start(|conf| {
        conf.lua("6000", &says("the old one, whole"));
    });
    assert_eq!(version_of(&server, "6000"), "the old one, whole");
    // Each beginning of it is a script of its own, and not the one that is meant.
    let lines = 40;
    let mut file = fs::File::create(server.file("scripts/test_6000.lua")).unwrap();
    writeln!(file, "session:answer() local which = 'half of the new one'").unwrap();
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let versions: Vec<String> = (0..10).map(|_| version_of_any(&server)).collect();
            versions
        });
        for line in 0..lines {
            writeln!(file, "which = 'line {line} of the new one'").unwrap();
            file.flush().unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        writeln!(
            file,
            "freeswitch.consoleLog('notice', 'this is the new one, whole\\n') session:hangup()"
        )
        .unwrap();
        drop(file);
        for version in calls.join().expect("the calls") {
            assert!(version.ends_with(", whole"), "{version}");
        }
    });
    until(&server, "6000", "the new one, whole");
}

/// As [`version_of`], for a script that may say nothing.
fn version_of_any(server: &Server) -> String {
    let mut caller = Caller::new(server.port());
    caller.invite("6000");
    caller.answered();
    caller.ended();
    last_version(server)
}

#[test]
fn after_a_reload_the_very_next_run_is_the_new_one() {
    for watched in ["true", "false"] {
        let server = Server::start(|conf| {
            conf.set("lua", "watch", watched).lua("6000", &says("the first"));
        });
        assert_eq!(version_of(&server, "6000"), "the first");
        server.configuration.script("test_6000.lua", &says("the second"));
        let answer = server.api("reload mod_lua");
        assert!(answer.contains("+OK"), "{answer}");
        assert_eq!(version_of(&server, "6000"), "the second");
    }
}

#[test]
fn edits_are_seen_where_nobody_watches() {
    let server = Server::start(|conf| {
        conf.set("lua", "watch", "false").lua("6000", &says("the first"));
    });
    assert_eq!(version_of(&server, "6000"), "the first");
    server.configuration.script("test_6000.lua", &says("the second"));
    until(&server, "6000", "the second");
}

#[test]
fn a_version_goes_with_its_last_run() {
    let asleep = "session:answer() session:sleep(600000)";
    let server = Server::start(|conf| {
        conf.lua("6000", asleep);
    });
    let call = || {
        let mut caller = Caller::new(server.port());
        caller.invite("6000");
        caller.answered();
        caller
    };
    let mut old = call();
    let version = server.job("test_6000.lua").text("version").expect("a version").to_owned();
    server.configuration.script("test_6000.lua", &format!("{asleep} -- changed"));
    eventually("a run of the new version", || {
        let mut caller = call();
        let newer = server.jobs().iter().any(|job| job.text("version") != Some(&version));
        caller.bye();
        newer.then_some(())
    });
    assert!(server.api("script versions").contains(&version), "it still runs");
    old.bye();
    eventually("the old version to go", || {
        (!server.api("script versions").contains(&version)).then_some(())
    });
}
