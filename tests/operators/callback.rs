use ringfence_tests::{Baresip, Caller, Control, Server, audio, eventually};

#[test]
fn the_caller_is_called_back_and_connected() {
    let speech = audio::sweep(2.0);
    let mut phone = Baresip::start(&speech, "PCMU/8000/1");
    let server = Server::start(|conf| {
        super::install(conf);
        let wanted = format!("sofia/internal/7618@127.0.0.1:{}", conf.port);
        super::extension(
            conf,
            "7617",
            &format!("call_me_back.lua sofia/internal/{} {wanted}", phone.uri()),
        );
        conf.extension("7618", r#"<action application="answer"/><action application="playback" data="tone_stream://%(1500,0,700)"/>"#);
    });
    let mut control = Control::connect(&server);
    control.command("event json PLAYBACK_START");
    let mut caller = Caller::new(server.port());
    caller.invite("7617");
    assert_eq!(caller.refused().status(), Some(486));
    phone.event("CALL_ESTABLISHED");
    control.event("the prompt", |event| event["Event-Name"] == "PLAYBACK_START");
    phone.press('1');
    server.log.wait_for(&["callback.lua: pressed '1'"]);
    // The wanted number plays a tone and hangs up; then it is over, and the phone is still there
    // until the script ends, whose sessions hang up.
    server.log.wait_for(&["callback.lua: over"]);
    phone.event("CALL_CLOSED");
    eventually("an empty server", || {
        (server.api("show channels count").trim() == "0 total.").then_some(())
    });
}

#[test]
fn nobody_is_there_to_be_called_back() {
    let server = Server::start(super::install);
    server.api("luarun callback.lua error/NO_USER_RESPONSE error/USER_BUSY");
    server.log.wait_for(&["callback.lua: NO_USER_RESPONSE"]);
    server.no_job();
}
