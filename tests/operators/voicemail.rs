use std::fs;

use ringfence_tests::{Caller, Control, Server, audio};

/// Leaves a message of a second and presses a key at the end; what the script said of it then.
fn leave_a_message(server: &Server, key: char, then: &str) {
    let mut control = Control::connect(server);
    control.command("event json RECORD_START RECORD_STOP");
    let mut caller = Caller::new(server.port());
    caller.invite("7612");
    caller.answered();
    control.event("the recording", |event| event["Event-Name"] == "RECORD_START");
    caller.say(&audio::pcmu(&audio::tone(440.0, 1.0)));
    caller.press('#');
    control.event("its end", |event| event["Event-Name"] == "RECORD_STOP");
    caller.press(key);
    server.log.wait_for(&[then]);
    caller.ended();
}

fn server() -> Server {
    Server::start(|conf| {
        super::install(conf);
        super::extension(conf, "7612", "voicemail.lua");
    })
}

fn messages(server: &Server) -> usize {
    let entries = fs::read_dir(server.configuration.file("recordings")).unwrap().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("msg_")).count()
}

#[test]
fn a_message_is_kept_and_told() {
    let server = server();
    let mut control = Control::connect(&server);
    control.command("event json CUSTOM voicemail::message");
    leave_a_message(&server, '1', "voicemail.lua: kept");
    let event = control.event("the message", |event| event["Caller"] == "1000");
    let bytes: u64 = event["Bytes"].as_str().unwrap().parse().unwrap();
    // A second at 8 kHz with 16 bits is 16,000 bytes; the key ends it a little later.
    assert!(bytes > 15_000, "{event}");
    assert!(event["_body"].as_str().unwrap().starts_with("a message of"), "{event}");
    assert_eq!(messages(&server), 1);
}

#[test]
fn a_message_is_deleted() {
    let server = server();
    leave_a_message(&server, '2', "voicemail.lua: deleted");
    assert_eq!(messages(&server), 0);
}
