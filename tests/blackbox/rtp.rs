use std::net::UdpSocket;
use std::time::Duration;

use ringfence_tests::caller::packet;
use ringfence_tests::{Caller, Server, Sipp};

#[test]
fn a_call_without_any_rtp_is_served() {
    // sipp sends no RTP, and its port takes none.
    let mut server = Server::start(|conf| {
        conf.lua(
            "7400",
            r#"session:answer()
               session:streamFile("tone_stream://%(300,0,440)")
               local digits = session:getDigits(1, "", 300)
               freeswitch.consoleLog("notice", "no digits: [" .. digits .. "]\n")
               session:hangup()"#,
        );
    });
    Sipp::calls(&server, "call_until_bye.xml", "7400").with(&["-m", "5"]).passes();
    server.log.wait_for_lines(5, "no digits: []");
    server.assert_serves();
}

#[test]
fn rtp_from_a_foreign_source_does_not_take_the_call_over() {
    let mut server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    caller.say(&[0x11; 1600]);
    caller.hears(3);
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    for number in 0..50 {
        let packet = packet(0, 1000 + number, u32::from(number) * 160, &[0x22; 160]);
        stranger.send_to(&packet, caller.remote_rtp()).unwrap();
    }
    caller.say(&[0x33; 3200]);
    let heard = caller.hears(10);
    assert!(heard.contains(&0x33), "the caller's own echo is gone");
    assert!(!heard.contains(&0x22), "the stranger is heard");
    assert!(stranger.recv(&mut [0; 2048]).is_err(), "the stranger gets the call's sound");
    assert_eq!(caller.bye().status(), Some(200));
    server.assert_serves();
}

#[test]
fn a_phone_behind_nat_is_answered_where_it_speaks_from() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    // The offer names a port where nobody listens; the sound comes from another one.
    let nowhere = UdpSocket::bind("127.0.0.1:0").unwrap();
    caller.offer = ringfence_tests::caller::sdp(nowhere.local_addr().unwrap(), "0 101", "");
    caller.invite("9196");
    caller.answered();
    caller.say(&[0x44; 8000]);
    assert!(caller.hears(10).contains(&0x44));
    caller.bye();
}

#[test]
fn broken_rtp_is_dropped() {
    let mut server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    let to = caller.remote_rtp();
    for datagram in [
        &[][..],
        &[0x80],
        &[0; 11],
        // Version 0 and 3; more sources than octets; an extension longer than the packet; padding
        // longer than the packet; an unknown payload type; events that are too short.
        &[0x00; 172],
        &[0xc0; 172],
        &[0x8f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
        &[0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff],
        &[0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff],
        &[0x80, 77, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3],
        &[0x80, 101, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
        &[0x80, 101, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 255, 0x80],
    ] {
        caller.rtp.send_to(datagram, to).unwrap();
    }
    caller.say(&[0x55; 3200]);
    assert!(caller.hears(10).contains(&0x55));
    assert_eq!(caller.bye().status(), Some(200));
    server.assert_serves();
}
