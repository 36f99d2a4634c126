use ringfence_tests::{Caller, Server, audio};

/// Records to `path`, and tells how it went.
fn record(path: &str) -> String {
    format!(
        r#"session:answer()
           local ok = session:recordFile("{path}", 10)
           freeswitch.consoleLog("notice", "recorded: " .. tostring(ok) .. "\n")
           session:sleep(300)
           session:hangup()"#
    )
}

#[test]
fn a_full_disk_fails_the_recording_and_nothing_else() {
    // Every write to it fails as on a full disk.
    let mut server = Server::start(|conf| {
        std::os::unix::fs::symlink("/dev/full", conf.file("recordings/full.wav")).unwrap();
        let path = conf.file("recordings/full.wav");
        conf.lua("7300", &record(path.to_str().unwrap()));
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7300");
    caller.answered();
    let speech = audio::pcmu(&audio::sweep(3.0));
    caller.say(&speech);
    let line = server.log.wait_for(&["recorded:"]);
    assert!(line.contains("recorded: 0"), "{line}");
    server.log.wait_for(&["full.wav", "No space left"]);
    caller.ended();
    server.assert_serves();
}

#[test]
fn a_folder_that_cannot_be_made_fails_the_recording() {
    let mut server = Server::start(|conf| {
        conf.write("recordings/file", "");
        let path = conf.file("recordings/file/folder/sound.wav");
        conf.lua("7301", &record(path.to_str().unwrap()));
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7301");
    caller.answered();
    let line = server.log.wait_for(&["recorded:"]);
    assert!(line.contains("recorded: 0"), "{line}");
    caller.ended();
    server.assert_serves();
}

#[test]
fn silence_ends_a_recording() {
    let server = Server::start(|conf| {
        conf.lua(
            "7302",
            r#"session:answer()
               local file = freeswitch.getGlobalVariable("recordings_dir") .. "/short.wav"
               session:recordFile(file, 60, 300, 1)
               freeswitch.consoleLog("notice", "recorded\n")
               session:hangup()"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7302");
    caller.answered();
    let mut speech = audio::tone(500.0, 1.0);
    speech.extend(vec![0; 5 * audio::RATE]);
    caller.say(&audio::pcmu(&speech));
    server.log.wait_for(&["recorded"]);
    caller.ended();
    let seconds = audio::read(&server.file("recordings/short.wav")).len() / audio::RATE;
    assert!((1..=4).contains(&seconds), "{seconds} s");
}
