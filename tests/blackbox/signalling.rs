use std::net::UdpSocket;

use ringfence_tests::{Caller, Server, Sipp};

/// Rings, and goes on ringing.
const RINGING: &str =
    r#"<action application="ring_ready"/><action application="sleep" data="60000"/>"#;

#[test]
fn options_is_answered_with_what_the_server_can_do() {
    let server = Server::shipped();
    Sipp::calls(&server, "options.xml", "5000").passes();
}

#[test]
fn a_call_over_tcp() {
    let server = Server::shipped();
    Sipp::calls(&server, "call_and_bye.xml", "9196").with(&["-t", "t1", "-d", "300"]).passes();
}

#[test]
fn a_call_over_ipv6() {
    if UdpSocket::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let server = Server::shipped();
    Sipp::calls_ipv6(&server, "call_and_bye.xml", "9196").with(&["-d", "300"]).passes();
}

#[test]
fn the_caller_gives_up_while_it_rings() {
    let mut server = Server::start(|conf| {
        conf.extension("7001", RINGING);
    });
    Sipp::calls(&server, "cancel.xml", "7001").with(&["-m", "20", "-r", "20"]).passes();
    server.assert_serves();
}

#[test]
fn hold_and_resume() {
    let server = Server::shipped();
    Sipp::calls(&server, "hold.xml", "9196").passes();
}

#[test]
fn an_offer_in_the_200_and_the_answer_in_the_ack() {
    let server = Server::shipped();
    Sipp::calls(&server, "late_offer.xml", "9196").passes();
}

#[test]
fn one_in_ten_messages_is_lost_and_every_call_works() {
    let mut server = Server::start(|conf| {
        conf.lua("7000", "session:answer() session:sleep(100) session:hangup()");
    });
    let run = Sipp::calls(&server, "call_until_bye.xml", "7000");
    let statistics = run.with(&["-lost", "10", "-m", "60", "-r", "30"]).passes();
    assert_eq!(statistics.successful, 60);
    server.assert_serves();
}

#[test]
fn cancel_racing_the_answer_ends_in_exactly_one_way() {
    let mut server = Server::start(|conf| {
        conf.lua("7000", "session:answer() session:sleep(60000)");
    });
    for _ in 0..20 {
        let mut caller = Caller::new(server.port());
        caller.invite("7000");
        caller.cancel();
        let response = caller.final_response();
        match response.status() {
            // The CANCEL was first.
            Some(487) => {
                caller.ack();
            }
            // The answer was first: the call stands, and the caller ends it with BYE (RFC 3261, 9.1).
            Some(200) => {
                caller.ack();
                assert_eq!(caller.bye().status(), Some(200));
            }
            other => panic!("{other:?}"),
        }
    }
    server.assert_serves();
}

#[test]
fn an_answer_without_ack_is_repeated_and_then_the_call_is_ended() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    let first = caller.final_response();
    let again = caller.final_response();
    assert_eq!((first.status(), &first.first), (Some(200), &again.first));
    assert_eq!(first.header("to"), again.header("to"));
    caller.ack();
    assert_eq!(caller.bye().status(), Some(200));
}

#[test]
fn a_bye_for_a_call_that_is_not_there_is_481() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    assert_eq!(caller.bye().status(), Some(200));
    assert_eq!(caller.bye().status(), Some(481));
}

#[test]
fn an_unknown_method_in_a_call_does_not_end_it() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    let status = caller.request("DANCE", "", "").status();
    assert!(matches!(status, Some(405 | 501)), "{status:?}");
    assert_eq!(caller.bye().status(), Some(200));
}

#[test]
fn a_number_that_is_nowhere_in_the_dialplan() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("no-such-number");
    // NO_ROUTE_DESTINATION is Q.850 cause 3.
    let response = caller.refused();
    assert_eq!(response.status(), Some(404), "{response:?}");
    let reason = response.header("reason").unwrap_or_default();
    assert!(reason.contains("cause=3"), "{response:?}");
}

#[test]
fn causes_become_statuses() {
    let server = Server::start(|conf| {
        for (number, cause) in
            [("7486", "USER_BUSY"), ("7480", "NO_USER_RESPONSE"), ("7603", "CALL_REJECTED")]
        {
            let action = format!(r#"<action application="hangup" data="{cause}"/>"#);
            conf.extension(number, &action);
        }
        conf.extension("7410", r#"<action application="respond" data="410 Gone"/>"#);
    });
    for (number, status) in [("7486", 486), ("7480", 408), ("7603", 603), ("7410", 410)] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        assert_eq!(caller.refused().status(), Some(status), "{number}");
    }
}

#[test]
fn early_media_before_the_answer() {
    let server = Server::start(|conf| {
        conf.extension(
            "7183",
            r#"<action application="pre_answer"/>
               <action application="playback" data="tone_stream://%(1000,0,440)"/>
               <action application="answer"/>
               <action application="sleep" data="200"/>"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7183");
    caller.provisional(183);
    caller.hears(20);
    caller.answered();
    caller.ended();
}
