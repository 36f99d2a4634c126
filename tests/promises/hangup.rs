use ringfence_tests::{Caller, Server, Sipp, eventually};

/// Waits in `operation`, and logs that it went on after the hangup.
fn waiting(operation: &str) -> String {
    format!(
        r##"function gone(_, status) freeswitch.consoleLog("notice", "hook: " .. status .. "\n") end
           session:answer()
           session:setHangupHook("gone")
           {operation}
           freeswitch.consoleLog("notice", "went on, ready: " .. tostring(session:ready()) .. "\n")"##
    )
}

#[test]
fn every_waiting_function_is_answered() {
    let operations = [
        "session:sleep(600000)",
        "session:streamFile('tone_stream://%(1000,0,440);loops=-1')",
        "session:streamFile('silence_stream://600000')",
        "session:recordFile(freeswitch.getGlobalVariable('recordings_dir') .. '/x.wav', 600)",
        "session:getDigits(1, '', 600000)",
        "session:read(1, 1, 'silence_stream://600000', 600000, '#')",
        "session:playAndGetDigits(1, 1, 9, 600000, '#', 'silence_stream://600000', '', '1')",
        "session:execute('sleep', '600000')",
        "session:execute('playback', 'silence_stream://600000')",
        "session:execute('echo')",
        "session:execute('park')",
    ];
    let mut server = Server::start(|conf| {
        for (index, operation) in operations.iter().enumerate() {
            conf.lua(&format!("60{index:02}"), &waiting(operation));
        }
    });
    for (index, operation) in operations.iter().enumerate() {
        let before = server.log.with("went on, ready: false").len();
        let mut caller = Caller::new(server.port());
        caller.invite(&format!("60{index:02}"));
        caller.answered();
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(caller.bye().status(), Some(200), "{operation}");
        eventually(operation, || {
            (server.log.with("went on, ready: false").len() > before).then_some(())
        });
    }
    let hooks = server.log.wait_for_lines(operations.len(), "hook: hangup");
    assert_eq!(hooks.len(), operations.len());
    server.assert_serves();
}

#[test]
fn hangups_at_every_moment_of_a_call() {
    let mut server = Server::start(|conf| {
        conf.lua(
            "6100",
            r##"session:preAnswer()
               session:answer()
               session:streamFile("tone_stream://%(50,0,440)")
               session:recordFile(freeswitch.getGlobalVariable("recordings_dir") .. "/" .. session:get_uuid() .. ".wav", 1)
               session:playAndGetDigits(1, 1, 1, 50, "#", "silence_stream://50", "", "1")
               session:transfer("9196", "XML", "default")"##,
        );
    });
    // From at once to after the transfer.
    for pause in [0, 1, 2, 5, 10, 20, 40, 60, 80, 100, 150, 300, 1200] {
        let run = Sipp::calls(&server, "call_and_bye.xml", "6100");
        run.with(&["-m", "5", "-r", "100", "-d", &pause.to_string()]).passes();
    }
    server.assert_serves();
}

#[test]
fn memory_comes_back() {
    let mut server = Server::start(|conf| {
        conf.lua("6200", "session:answer() session:sleep(600000)");
    });
    let round = || {
        let run = Sipp::calls(&server, "call_and_bye.xml", "6200");
        run.with(&["-m", "200", "-r", "100", "-l", "400", "-d", "4000"]).passes();
        server.resident()
    };
    // The first rounds fill pools and caches.
    round();
    let second = round();
    let fourth = {
        round();
        round()
    };
    // 400 calls more must not stay: at 120 kB each they would be 48 MB.
    assert!(fourth < second + 24_000, "{second} kB, then {fourth} kB");
    server.assert_serves();
}
