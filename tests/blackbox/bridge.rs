use std::thread::sleep;
use std::time::Duration;

use ringfence_tests::{Baresip, Caller, Peer, Server, Sipp, audio, eventually};

/// How alike what was heard must be to what was said, after two jitter buffers of a busy machine.
const ALIKE: f64 = 0.9;

/// An action that calls what listens there.
fn to(port: u16) -> String {
    format!(r#"<action application="bridge" data="sofia/internal/phone@127.0.0.1:{port}"/>"#)
}

/// Waits until nobody calls any more.
fn quiet(server: &Server) {
    eventually("all calls to end", || {
        server.api("show channels count").contains("0 total").then_some(())
    });
}

#[test]
fn two_phones_hear_each_other_and_each_others_keys() {
    let rising = audio::sweep(3.0);
    let falling: Vec<i16> = rising.iter().rev().copied().collect();
    let mut caller = Baresip::start(&rising, "PCMU/8000/1");
    // The server recodes between the two.
    let mut callee = Baresip::start(&falling, "PCMA/8000/1");
    let server = Server::start(|conf| {
        conf.extension("7600", &to(callee.port));
    });
    caller.dial(&server.uri("7600"));
    callee.event("CALL_ESTABLISHED");
    caller.event("CALL_ESTABLISHED");
    sleep(Duration::from_secs(4));
    caller.press('7');
    assert_eq!(callee.event("CALL_DTMF_START"), "7");
    callee.press('*');
    assert_eq!(caller.event("CALL_DTMF_START"), "*");
    caller.hangup();
    callee.event("CALL_CLOSED");
    let there = audio::likeness(&rising, &callee.heard());
    let back = audio::likeness(&falling, &caller.heard());
    assert!(there > ALIKE && back > ALIKE, "{there} there, {back} back");
    quiet(&server);
}

#[test]
fn the_callee_hangs_up_and_the_caller_goes_on_or_not() {
    let mut callee = Baresip::start(&audio::tone(440.0, 1.0), "PCMU/8000/1");
    let server = Server::start(|conf| {
        let bridge = to(callee.port);
        let goes_on = format!(
            r#"{bridge}<action application="log" data="NOTICE goes on: ${{bridge_hangup_cause}}"/>"#
        );
        let ends = r#"<action application="set" data="hangup_after_bridge=true"/>"#;
        conf.extension("7601", &goes_on).extension("7602", &format!("{ends}{goes_on}"));
    });
    for number in ["7602", "7601"] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.answered();
        callee.event("CALL_ESTABLISHED");
        callee.hangup();
        callee.event("CALL_CLOSED");
        caller.ended();
    }
    server.log.wait_for(&["goes on: NORMAL_CLEARING"]);
    assert_eq!(server.log.with("goes on: NORMAL_CLEARING").len(), 1);
    quiet(&server);
}

#[test]
fn a_caller_hears_that_it_rings_and_may_give_up() {
    let callee = Peer::start(|_| vec!["180 Ringing".to_owned()]);
    let server = Server::start(|conf| {
        conf.extension("7603", &to(callee.port));
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7603");
    caller.provisional(180);
    caller.cancel();
    assert_eq!(caller.refused().status(), Some(487));
    quiet(&server);
}

#[test]
fn a_caller_is_refused_as_its_callee_refused() {
    let callee = Peer::start(|user| vec![format!("{user} Refused")]);
    let server = Server::start(|conf| {
        let bridge = format!("sofia/internal/$1@127.0.0.1:{}", callee.port);
        conf.extension("76(...)", &format!(r#"<action application="bridge" data="{bridge}"/>"#));
    });
    for status in [403, 404, 486, 503, 600, 603] {
        let mut caller = Caller::new(server.port());
        caller.invite(&format!("76{status}"));
        assert_eq!(caller.refused().status(), Some(status));
    }
    quiet(&server);
}

#[test]
fn many_calls_are_bridged_at_a_time_and_nothing_is_left() {
    let callee = Sipp::is_called("answer_until_bye.xml", 201);
    let server = Server::start(|conf| {
        conf.extension("7604", &to(callee.port)).setting("sessions-per-second", "1000");
    });
    // What the first call opens for good.
    Sipp::calls(&server, "call_and_bye.xml", "7604").passes();
    quiet(&server);
    let descriptors = server.descriptors();
    let statistics = Sipp::calls(&server, "call_and_bye.xml", "7604")
        .with(&["-m", "200", "-r", "50", "-l", "100"])
        .passes();
    assert_eq!((statistics.successful, statistics.failed), (200, 0));
    callee.passes();
    quiet(&server);
    eventually("the sockets of the calls to be closed", || {
        (server.descriptors() <= descriptors + 2).then_some(())
    });
}

#[test]
fn a_phone_is_called_through_ourselves() {
    let rising = audio::sweep(3.0);
    let mut caller = Baresip::start(&rising, "PCMU/8000/1");
    let server = Server::start(|conf| {
        conf.extension("7605", r#"<action application="bridge" data="loopback/7606"/>"#).lua(
            "7606",
            r#"session:answer()
               local file = freeswitch.getGlobalVariable("recordings_dir") .. "/loop.wav"
               session:recordFile(file, 4)
               session:hangup("USER_BUSY")"#,
        );
    });
    caller.dial(&server.uri("7605"));
    caller.event("CALL_ESTABLISHED");
    caller.event("CALL_CLOSED");
    let recorded = audio::read(&server.file("recordings/loop.wav"));
    let likeness = audio::likeness(&rising, &recorded);
    assert!(likeness > ALIKE, "{likeness}");
    quiet(&server);
}

#[test]
fn calls_that_go_in_circles_or_nowhere_end() {
    let server = Server::start(|conf| {
        conf.extension("7607", r#"<action application="bridge" data="loopback/7607"/>"#)
            .extension("7608", r#"<action application="bridge" data="nowhere"/>"#)
            .setting("sessions-per-second", "1000");
    });
    for (number, line) in
        [("7607", "does it go in circles?"), ("7608", r#""nowhere": expected endpoint/address"#)]
    {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        let status = caller.refused().status();
        assert_eq!(status, Some(if number == "7607" { 483 } else { 480 }));
        server.log.wait_for(&[line]);
    }
    quiet(&server);
}
