//! Scripts against a simulated caller, as `ringfence run` runs them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be prepared fails")]

use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

use ringfence_sim::press::Presses;
use ringfence_sim::timeline::Happening;
use ringfence_sim::{Plan, RunError, Transcript};
use tempfile::TempDir;

/// A script in a folder of its own.
fn folder(source: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script.lua"), source).unwrap();
    folder
}

fn plan(folder: &TempDir) -> Plan {
    Plan {
        script: folder.path().join("script.lua").to_str().unwrap().to_owned(),
        arguments: Vec::new(),
        variables: Vec::new(),
        caller: "1000".to_owned(),
        destination: "5000".to_owned(),
        lua: None,
        configuration: None,
        at: UNIX_EPOCH + Duration::from_secs(1_769_851_800),
        presses: Presses::default(),
        play: None,
        hangup_after: None,
        timeout: Duration::from_secs(86_400),
        // Shared by all tests and runs of them: compiling takes seconds.
        cache: Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"),
    }
}

fn run(plan: &Plan) -> Transcript {
    ringfence_sim::run(plan).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_hour_of_sleep_takes_no_hour() {
    let folder = folder(
        "session:answer()\nfor _ = 1, 60 do session:sleep(60000) end\nsession:setVariable('slept', 'yes')\n",
    );
    let began = Instant::now();
    let transcript = run(&plan(&folder));
    assert!(transcript.result.ok, "{transcript}");
    assert_eq!(transcript.result.length.as_secs(), 3600, "{transcript}");
    assert_eq!(transcript.variables.get("slept").map(String::as_str), Some("yes"), "{transcript}");
    // Compiling the guest may be part of it; waiting for an hour, or a tick for each packet, not.
    assert!(began.elapsed() < Duration::from_secs(120));
}

#[test]
fn keys_arrive_when_they_are_pressed() {
    let folder = folder(
        "session:answer()\nlocal digits = session:getDigits(5, '#', 10000)\n\
         session:setVariable('digits', digits)\nsession:setVariable('at', os.time())\n",
    );
    let presses = "2s 1 500ms 23#".parse().unwrap();
    let transcript = run(&Plan { presses, ..plan(&folder) });
    assert_eq!(transcript.variables.get("digits").map(String::as_str), Some("123"), "{transcript}");
    assert_eq!(transcript.result.length.as_secs(), 3, "{transcript}");
    assert_eq!(
        transcript.variables.get("at").map(String::as_str),
        Some("1769851803"),
        "{transcript}"
    );
}

#[test]
fn the_transcript_is_the_same_each_time() {
    let folder = folder(
        "session:answer()\nsession:streamFile('tone_stream://%(1000,0,440)')\n\
         freeswitch.consoleLog('notice', 'played')\nprint('done', argv[1])\nsession:sleep(1500)\n",
    );
    let plan = Plan { arguments: vec!["two words".to_owned()], ..plan(&folder) };
    let first = run(&plan).to_string();
    for _ in 0..5 {
        assert_eq!(first, run(&plan).to_string());
    }
    for part in
        ["script.lua:2", "hears 440 Hz", "[NOTICE] played", "done\ttwo words", "is hung up on"]
    {
        assert!(first.contains(part), "no {part} in\n{first}");
    }
}

#[test]
fn the_caller_hangs_up() {
    let folder = folder(
        "function gone(_, what) freeswitch.consoleLog('notice', 'hook: ' .. what) end\n\
         session:answer()\nsession:setHangupHook('gone')\n\
         while session:ready() do session:sleep(1000) end\n",
    );
    let hangup_after = Some(Duration::from_millis(2500));
    let transcript = run(&Plan { hangup_after, ..plan(&folder) });
    assert!(transcript.result.ok, "{transcript}");
    assert_eq!(transcript.result.length.as_millis(), 2500, "{transcript}");
    assert!(transcript.to_string().contains("hook: hangup"), "{transcript}");
}

#[test]
fn an_error_is_the_result() {
    let folder = folder("session:answer()\nerror('on purpose')\n");
    let transcript = run(&plan(&folder));
    assert!(!transcript.result.ok, "{transcript}");
    let error = transcript.result.error.clone().unwrap();
    assert!(error.contains("script.lua:2") && error.contains("on purpose"), "{error}");
    let failed = |moment: &ringfence_sim::timeline::Moment| {
        matches!(moment.what, Happening::ScriptFailed { .. })
    };
    assert!(transcript.moments.iter().any(failed), "{transcript}");
}

#[test]
fn a_script_that_is_not_there_or_does_not_compile() {
    let folder = folder("x = = 1\n");
    let error = run(&plan(&folder)).result.error.unwrap();
    assert!(error.contains("script.lua:1"), "{error}");
    let script = folder.path().join("missing.lua").to_str().unwrap().to_owned();
    let error = run(&Plan { script, ..plan(&folder) }).result.error.unwrap();
    assert!(error.contains("missing.lua"), "{error}");
}

#[test]
fn a_loop_that_waits_for_nothing_is_ended() {
    let folder = folder("session:answer()\nwhile true do end\n");
    let transcript = run(&plan(&folder));
    assert!(!transcript.result.ok, "{transcript}");
}

#[test]
fn a_call_that_does_not_end_is_cut_and_has_failed() {
    for answer in ["session:answer()", ""] {
        let folder =
            folder(&format!("{answer}\nwhile session:ready() do freeswitch.msleep(10000) end\n"));
        let timeout = Duration::from_secs(3600);
        let result = run(&Plan { timeout, ..plan(&folder) }).result;
        let error = result.error.unwrap();
        assert_eq!(error, "cut by --timeout: the call was still up after 3600 s");
    }
}

#[test]
fn code_from_the_command_line() {
    let folder = folder("");
    let script = "~session:setVariable('sum', 1 + 1)".to_owned();
    let variables = vec![("given".to_owned(), "${not expanded}".to_owned())];
    let transcript = run(&Plan { script, variables, ..plan(&folder) });
    assert!(transcript.result.ok, "{transcript}");
    assert_eq!(transcript.variables.into_iter().collect::<Vec<_>>(), [("sum".into(), "2".into())]);
}

#[test]
fn what_cannot_be_run_says_why() {
    let folder = folder("");
    for script in ["/", ""] {
        let script = script.to_owned();
        let error = ringfence_sim::run(&Plan { script, ..plan(&folder) }).unwrap_err();
        assert!(matches!(error, RunError::Script(_)), "{error}");
    }
    let configuration = Some("/no/such/folder".into());
    let error = ringfence_sim::run(&Plan { configuration, ..plan(&folder) }).unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
}
