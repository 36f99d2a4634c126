use ringfence_tests::caller::sdp;
use ringfence_tests::{Baresip, Caller, Server, audio};

#[test]
fn only_codecs_that_the_server_lacks_is_488() {
    let mut server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.offer = sdp(
        caller.rtp.local_addr().unwrap(),
        "96 18",
        "a=rtpmap:96 opus/48000/2\r\na=rtpmap:18 G729/8000\r\n",
    );
    caller.invite("9196");
    assert_eq!(caller.refused().status(), Some(488));
    server.assert_serves();
}

#[test]
fn the_callers_order_of_codecs_wins() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.offer = sdp(caller.rtp.local_addr().unwrap(), "8 0 101", "");
    caller.invite("9196");
    let answer = caller.answered();
    let media = answer.body.lines().find(|line| line.starts_with("m=audio")).unwrap_or_default();
    assert!(media.contains("RTP/AVP 8"), "{media}");
    assert!(answer.body.contains("a=rtpmap:101 telephone-event/8000"), "{}", answer.body);
    caller.bye();
}

#[test]
fn the_codec_changes_in_the_middle_of_the_call() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.offer = sdp(caller.rtp.local_addr().unwrap(), "0 101", "");
    caller.invite("9196");
    caller.answered();
    let offer = sdp(caller.rtp.local_addr().unwrap(), "8 101", "");
    let answer = caller.reinvite(&offer);
    assert_eq!(answer.status(), Some(200));
    assert!(answer.body.contains("RTP/AVP 8"), "{}", answer.body);
    caller.bye();
}

#[test]
fn an_offer_that_cannot_be_used_in_the_call_leaves_the_call_as_it_was() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    let offer = sdp(caller.rtp.local_addr().unwrap(), "96", "a=rtpmap:96 opus/48000/2\r\n");
    assert_eq!(caller.reinvite(&offer).status(), Some(488));
    caller.say(&[0x55; 1600]);
    caller.hears(3);
    assert_eq!(caller.bye().status(), Some(200));
}

#[test]
fn a_body_that_is_not_sdp() {
    let mut server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.offer = "this is not a session description".to_owned();
    caller.invite("9196");
    let status = caller.refused().status();
    assert!(matches!(status, Some(400 | 488)), "{status:?}");
    server.assert_serves();
}

#[test]
fn baresip_over_a_law() {
    let server = Server::shipped();
    let speech = audio::sweep(3.0);
    let mut phone = Baresip::start(&speech, "PCMA/8000/1");
    phone.dial(&server.uri("9196"));
    phone.event("CALL_ESTABLISHED");
    std::thread::sleep(std::time::Duration::from_secs(3));
    phone.hangup();
    phone.event("CALL_CLOSED");
    let likeness = audio::likeness(&speech[..16_000], &phone.heard());
    assert!(likeness > 0.9, "{likeness}");
}
