use ringfence_tests::{Baresip, Caller, Server, audio};

/// Dialled, this makes the server call `uri` and connect it to `then`; the script logs the answer.
fn originate(uri: &str, then: &str) -> String {
    format!(
        r#"session:answer()
           local answer = freeswitch.API():execute("originate", "sofia/internal/{uri} {then}")
           freeswitch.consoleLog("notice", "originate: " .. answer .. "\n")
           session:hangup()"#
    )
}

#[test]
fn the_server_calls_a_phone_and_echoes_it() {
    let speech = audio::sweep(3.0);
    let mut phone = Baresip::start(&speech, "PCMU/8000/1");
    let server = Server::start(|conf| {
        conf.lua("7500", &originate(&phone.uri(), "&echo"));
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7500");
    caller.answered();
    phone.event("CALL_ESTABLISHED");
    server.log.wait_for(&["originate: +OK"]);
    caller.ended();
    std::thread::sleep(std::time::Duration::from_secs(4));
    phone.hangup();
    phone.event("CALL_CLOSED");
    let likeness = audio::likeness(&speech, &phone.heard());
    assert!(likeness > 0.9, "{likeness}");
}

#[test]
fn the_server_calls_a_phone_into_an_extension() {
    let mut phone = Baresip::start(&audio::tone(440.0, 1.0), "PCMU/8000/1");
    let server = Server::start(|conf| {
        conf.lua("7501", &originate(&phone.uri(), "7502")).lua(
            "7502",
            r#"session:sleep(300)
               freeswitch.consoleLog("notice", "here is the called phone\n")
               session:hangup()"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7501");
    caller.answered();
    server.log.wait_for(&["here is the called phone"]);
    phone.event("CALL_CLOSED");
}

#[test]
fn a_phone_that_is_not_there() {
    let mut server = Server::start(|conf| {
        // Nobody listens on port 9; the kernel says so at once.
        conf.lua("7503", &originate("nobody@127.0.0.1:9", "&echo"));
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7503");
    caller.answered();
    let line = server.log.wait_for(&["log::notice", "originate:"]);
    assert!(line.contains("-ERR"), "{line}");
    caller.ended();
    server.assert_serves();
}
