use std::fs;

use ringfence_tests::{Configuration, Server, ringfence};

fn script(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.lua");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn help_and_version() {
    ringfence(["--version"]).assert(0, &["ringfence 0.1.0"]);
    ringfence(["--help"]).assert(0, &["serve", "call", "run", "check", "help"]);
    ringfence(["help"]).assert(0, &["serve"]);
    ringfence(["help", "run"]).assert(0, &["--press"]);
    ringfence(["help", "applications"]).assert(0, &["playback", "lua"]);
    ringfence(["help", "commands"]).assert(0, &["originate", "uuid_kill"]);
    ringfence(["no-such-command"]).assert(2, &["no-such-command"]);
}

#[test]
fn a_call_that_is_refused_says_so() {
    let server = Server::shipped();
    server.call("no-such-number", ["--timeout", "20"]).assert(3, &["404"]);
}

#[test]
fn a_call_that_nobody_hears() {
    let target = "sip:x@127.0.0.1:9";
    let finished = ringfence(["call", target, "--timeout", "3"]);
    assert!(matches!(finished.code, Some(1 | 4)), "{finished:?}");
    assert!(!finished.output().is_empty());
}

#[test]
fn a_call_tells_what_happened_with_times() {
    let server = Server::start(|conf| {
        conf.extension(
            "7800",
            r#"<action application="answer"/><action application="sleep" data="300"/>"#,
        );
    });
    let finished = server.call("7800", [""; 0]);
    finished.assert(0, &["200", "BYE"]);
    let json = server.call("7800", ["--json"]);
    assert_eq!(json.code, Some(0), "{json:?}");
    let value: serde_json::Value = serde_json::from_str(json.stdout.trim()).unwrap();
    assert!(value.is_object());
}

#[test]
fn a_run_of_an_hour_takes_no_hour() {
    let (_folder, path) = script(
        "session:answer()\n\
         for minute = 1, 60 do session:sleep(60000) end\n\
         session:setVariable('slept', 'an hour')\n\
         session:hangup()\n",
    );
    let finished = ringfence(["run", &path]);
    finished.assert(0, &["script.lua:2", "slept", "an hour"]);
}

#[test]
fn a_run_hears_and_presses() {
    let (_folder, path) = script(
        "session:answer()\n\
         local digits = session:getDigits(3, '#', 5000)\n\
         session:setVariable('pressed', digits)\n",
    );
    ringfence(["run", &path, "--press", "1 500ms 2#"]).assert(0, &["pressed", "12"]);
}

#[test]
fn a_run_takes_arguments_variables_and_the_version_of_lua() {
    let (_folder, path) = script(
        "session:setVariable('result', argv[1] .. '/' .. session:getVariable('given') .. '/' .. _VERSION\n\
         .. '/' .. session:getVariable('caller_id_number'))\n",
    );
    for version in ["5.1", "5.2", "5.3", "5.4"] {
        let finished = ringfence([
            "run", &path, "first", "--var", "given=x", "--lua", version, "--caller", "4711",
        ]);
        finished.assert(0, &[&format!("first/x/Lua {version}/4711")]);
    }
}

#[test]
fn a_run_that_fails_answers_one() {
    let (_folder, path) = script("session:answer()\nerror('on purpose')\n");
    ringfence(["run", &path]).assert(1, &["script.lua:2", "on purpose"]);
    let (_folder, path) = script("x = = 1\n");
    ringfence(["run", &path]).assert(1, &["script.lua:1"]);
    ringfence(["run", "/no/such/script.lua"]).assert(1, &["/no/such/script.lua"]);
}

#[test]
fn a_run_prints_json() {
    let (_folder, path) = script("session:answer()\nsession:setVariable('a', 'b')\n");
    let finished = ringfence(["run", &path, "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let value: serde_json::Value = serde_json::from_str(finished.stdout.trim()).unwrap();
    assert!(value.is_object());
}

#[test]
fn a_run_of_the_demo_tells_the_time_at_the_given_time() {
    let conf = Configuration::shipped();
    let (path, conf) = (conf.file("scripts/ivr.lua"), conf);
    let finished = ringfence([
        "run",
        path.to_str().unwrap(),
        "--conf",
        conf.path().to_str().unwrap(),
        "--at",
        "2026-01-31T10:42:00",
        "--press",
        "3s 1",
        "--hangup-after",
        "30",
    ]);
    finished.assert(0, &["welcome.wav", "menu.wav", "it-is.wav", "number/10.wav", "number/40.wav"]);
}

#[test]
fn a_run_ends_when_the_caller_hangs_up() {
    let (_folder, path) = script(
        "function gone(_, what) freeswitch.consoleLog('notice', 'hook: ' .. what) end\n\
         session:answer()\n\
         session:setHangupHook('gone')\n\
         while session:ready() do session:sleep(1000) end\n",
    );
    ringfence(["run", &path, "--hangup-after", "5"]).assert(0, &["hook: hangup"]);
}

#[test]
fn single_scripts_are_checked() {
    let (_folder, good) = script("session:answer()\n");
    ringfence(["check", &good]).assert(0, &[]);
    let (_folder, bad) = script("if then\n");
    ringfence(["check", &bad]).assert(1, &["script.lua:1"]);
}

#[test]
fn a_console_that_cannot_begin_says_why() {
    let server = Server::shipped();
    let port = server.configuration.event_socket.to_string();
    let nobody = ringfence_tests::ports::free().to_string();
    let missing = server.file("nowhere").display().to_string();
    for (arguments, status, said) in [
        (&["--conf", missing.as_str(), "-x", "status"][..], 1, "nowhere does not exist"),
        (&["-P", port.as_str(), "-x", ""], 2, "name a command"),
        (&["-P", port.as_str(), "-x", " "], 2, "name a command"),
        (&["-P", port.as_str(), "-l", "99"], 2, "a level is console"),
        (&["-P", port.as_str(), "-l", "nosuch"], 2, "a level is console"),
        (&["-P", "99999", "-x", "status"], 2, "99999"),
        (&["-P", nobody.as_str(), "-x", "status"], 1, "cannot connect to 127.0.0.1"),
        (&["-P", port.as_str(), "-p", "wrong", "-x", "status"], 1, "refuses the password"),
        (&["-P", port.as_str(), "-x", "nosuch"], 1, "nosuch Command not found"),
    ] {
        ringfence(std::iter::once(&"console").chain(arguments)).assert(status, &[said]);
    }
}
