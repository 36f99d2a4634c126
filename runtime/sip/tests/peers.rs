//! What peers do to us, message by message: in order, out of order, twice, and wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use ringfence_sip::{CallEvent, Config, Ended};
use support::{
    ANSWER, OFFER, config, ended, event, header, invite, one, one_with, request, response, sdp,
    tag, us,
};

#[tokio::test(start_paused = true)]
async fn requests_of_no_call_are_refused_and_an_ack_never_is() {
    let (stack, _invitations, peer) = one();
    for method in ["BYE", "INFO", "INVITE", "OPTIONS", "UPDATE"] {
        peer.send(&request(method, 5, "nobody", ""));
        peer.expect("SIP/2.0 481").await;
    }
    peer.send(&request("CANCEL", 5, "", ""));
    peer.expect("SIP/2.0 481").await;
    peer.send(&request("BYE", 5, "", ""));
    peer.expect("SIP/2.0 481").await;
    peer.send(&request("ACK", 5, "nobody", ""));
    peer.send(&request("ACK", 5, "", ""));
    peer.send("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\n\r\n");
    peer.send("\r\n\r\n");
    peer.silence(60).await;
    assert_eq!(stack.statistics().transactions, 0);
}

#[tokio::test(start_paused = true)]
async fn options_are_answered_within_a_call_and_without() {
    let (stack, mut invitations, peer) = one();
    peer.send(&request("OPTIONS", 1, "", ""));
    let ok = peer.expect("SIP/2.0 200").await;
    assert_eq!(header(&ok, "Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO");
    assert_eq!(header(&ok, "Accept"), "application/sdp");
    assert!(header(&ok, "Via").ends_with(";received=192.0.2.2;rport=5060"), "{ok}");
    let (_invitation, tag) = peer.call_up(&mut invitations).await;
    peer.send(&request("OPTIONS", 2, &tag, ""));
    peer.expect("SIP/2.0 200").await;
    peer.send(&request("UPDATE", 3, &tag, ""));
    peer.expect("SIP/2.0 405").await;
    assert_eq!(stack.statistics().calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_tag_does_not_reach_the_call() {
    let (stack, mut invitations, peer) = one();
    let (_invitation, tag) = peer.call_up(&mut invitations).await;
    peer.send(&request("BYE", 2, &tag, "").replace("tag=peer", "tag=thief"));
    peer.expect("SIP/2.0 481").await;
    peer.send(&request("BYE", 2, "guess", ""));
    peer.expect("SIP/2.0 481").await;
    assert_eq!(stack.statistics().calls, 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_cseq_is_refused() {
    let (_stack, mut invitations, peer) = one();
    let (mut invitation, tag) = peer.call_up(&mut invitations).await;
    peer.send(&request("INFO", 9, &tag, ""));
    peer.expect("SIP/2.0 200").await;
    assert!(matches!(event(&mut invitation.events).await, CallEvent::Info { .. }));
    peer.send(&request("INFO", 8, &tag, ""));
    peer.expect("SIP/2.0 500 CSeq").await;
    peer.send(&request("BYE", 10, &tag, ""));
    peer.expect("SIP/2.0 200").await;
    assert_eq!(ended(&mut invitation.events).await, Ended::Bye);
}

#[tokio::test(start_paused = true)]
async fn a_merged_invite_is_a_loop() {
    let (stack, mut invitations, peer) = one();
    let _invitation = peer.call(&mut invitations).await;
    peer.send(&peer.invite().replace("bKINVITE1", "bKother"));
    peer.expect("SIP/2.0 482").await;
    assert_eq!(stack.statistics().incoming, 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_the_invite() {
    let (_stack, mut invitations, peer) = one();
    let mut invitation = peer.call(&mut invitations).await;
    invitation.call.ring(Vec::new()).unwrap();
    let ringing = peer.expect("SIP/2.0 180").await;
    let cancel = request("CANCEL", 1, "", "").replace("bKCANCEL1", "bKINVITE1");
    peer.send(&cancel);
    let ok = peer.expect("SIP/2.0 200").await;
    assert!(header(&ok, "CSeq").ends_with("CANCEL"));
    assert_eq!(tag(&ok), tag(&ringing));
    let over = peer.expect("SIP/2.0 487").await;
    assert_eq!(tag(&over), tag(&ringing));
    assert_eq!(ended(&mut invitation.events).await, Ended::Cancelled);
    peer.send(&request("ACK", 1, &tag(&over), "").replace("bKACK1", "bKINVITE1"));
    // Too late; and the CANCEL once more.
    let _ = invitation.call.answer(sdp(ANSWER), Vec::new());
    peer.send(&cancel);
    assert_eq!(peer.hear().await, ok);
    peer.silence(60).await;
}

#[tokio::test(start_paused = true)]
async fn a_cancel_after_the_answer_changes_nothing() {
    let (stack, mut invitations, peer) = one();
    let mut invitation = peer.call(&mut invitations).await;
    invitation.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    let answer = peer.expect("SIP/2.0 200").await;
    peer.send(&request("CANCEL", 1, "", "").replace("bKCANCEL1", "bKINVITE1"));
    let ok = peer.expect("SIP/2.0 200").await;
    assert!(header(&ok, "CSeq").ends_with("CANCEL"));
    assert_eq!(stack.statistics().calls, 1);
    peer.send(&request("ACK", 1, &tag(&answer), ""));
    assert!(matches!(event(&mut invitation.events).await, CallEvent::Confirmed { .. }));
    peer.send(&request("BYE", 2, &tag(&answer), ""));
    peer.expect("SIP/2.0 200").await;
    assert_eq!(ended(&mut invitation.events).await, Ended::Bye);
}

#[tokio::test(start_paused = true)]
async fn a_bye_before_the_answer_ends_the_invite() {
    let (stack, mut invitations, peer) = one();
    let mut invitation = peer.call(&mut invitations).await;
    invitation.call.ring(Vec::new()).unwrap();
    let ringing = peer.expect("SIP/2.0 180").await;
    peer.send(&request("BYE", 2, &tag(&ringing), ""));
    peer.expect("SIP/2.0 200").await;
    peer.expect("SIP/2.0 487").await;
    assert_eq!(ended(&mut invitation.events).await, Ended::Bye);
    assert_eq!(stack.statistics().calls, 0);
}

#[tokio::test(start_paused = true)]
async fn an_ack_with_the_branch_of_its_invite_is_taken() {
    let (_stack, mut invitations, peer) = one();
    let mut invitation = peer.call(&mut invitations).await;
    invitation.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    let ok = peer.expect("SIP/2.0 200").await;
    peer.send(&request("ACK", 1, &tag(&ok), "").replace("bKACK1", "bKINVITE1"));
    assert!(matches!(event(&mut invitation.events).await, CallEvent::Confirmed { .. }));
    peer.silence(60).await;
}

#[tokio::test(start_paused = true)]
async fn changes_come_one_after_the_other() {
    let (_stack, mut invitations, peer) = one();
    let mut invitation = peer.call(&mut invitations).await;
    invitation.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    let ok = peer.expect("SIP/2.0 200").await;
    let tag = tag(&ok);
    // Before the ACK of the first one.
    peer.send(&request("INVITE", 2, &tag, OFFER));
    peer.expect("SIP/2.0 491").await;
    peer.send(&request("ACK", 1, &tag, ""));
    assert!(matches!(event(&mut invitation.events).await, CallEvent::Confirmed { .. }));
    peer.send(&request("INVITE", 3, &tag, OFFER));
    let CallEvent::Offer { responder, .. } = event(&mut invitation.events).await else {
        panic!("no offer")
    };
    // Before the answer to the one before.
    peer.send(&request("INVITE", 4, &tag, OFFER));
    let refused = peer.expect("SIP/2.0 500").await;
    assert!(header(&refused, "Retry-After").parse::<u8>().unwrap() <= 10);
    // The peer takes it back.
    peer.send(&request("CANCEL", 3, &tag, "").replace("bKCANCEL3", "bKINVITE3"));
    peer.expect("SIP/2.0 200").await;
    peer.expect("SIP/2.0 487").await;
    responder.accept(sdp(ANSWER));
    peer.send(&request("ACK", 3, &tag, "").replace("bKACK3", "bKINVITE3"));
    // The call is still up, and follows a new Contact.
    let moved = request("INVITE", 5, &tag, OFFER).replace("1000@192.0.2.2:5060>", "new@192.0.2.2>");
    peer.send(&moved);
    let CallEvent::Offer { responder, .. } = event(&mut invitation.events).await else {
        panic!("no offer")
    };
    responder.accept(sdp(ANSWER));
    peer.expect("SIP/2.0 200").await;
    peer.send(&request("ACK", 5, &tag, ""));
    assert!(matches!(event(&mut invitation.events).await, CallEvent::Confirmed { .. }));
    invitation.call.hangup(Vec::new()).unwrap();
    peer.expect("BYE sip:new@192.0.2.2 SIP/2.0").await;
}

#[tokio::test(start_paused = true)]
async fn the_route_set_is_kept_in_its_order() {
    let (stack, mut invitations, peer) = one();
    let rows = "Record-Route: <sip:192.0.2.2;lr>, <sip:p2.example;lr>\r\n\
                Record-Route: <sip:p3.example;lr>\r\nMax-Forwards";
    peer.send(&peer.invite().replace("Max-Forwards", rows));
    let invitation = support::soon(invitations.recv()).await.unwrap();
    invitation.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    let ok = peer.expect("SIP/2.0 200").await;
    assert!(ok.contains(&rows.replace("\r\nMax-Forwards", "")), "{ok}");
    assert_eq!(header(&ok, "Contact"), "<sip:5000@192.0.2.1:5060>");
    peer.send(&request("ACK", 1, &tag(&ok), ""));
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    invitation.call.hangup(Vec::new()).unwrap();
    let bye = peer.expect("BYE sip:1000@192.0.2.2:5060 SIP/2.0").await;
    let routes: Vec<_> = bye.lines().filter(|line| line.starts_with("Route:")).collect();
    assert_eq!(
        routes,
        ["Route: <sip:192.0.2.2;lr>", "Route: <sip:p2.example;lr>", "Route: <sip:p3.example;lr>"]
    );
    peer.send(&response("200 OK", &bye, "", ""));

    // As the caller, the other way round.
    let (call, mut events) = stack.invite(invite("sip:x@192.0.2.2")).unwrap();
    let sent = peer.expect("INVITE sip:x@192.0.2.2").await;
    let rows = "Record-Route: <sip:p3.example;lr>,<sip:192.0.2.2;lr>\r\nContact";
    peer.send(&response("200 OK", &sent, "t", ANSWER).replace("Contact", rows));
    assert!(matches!(event(&mut events).await, CallEvent::Answered { .. }));
    let ack = peer.expect("ACK sip:peer@192.0.2.2:5060 SIP/2.0").await;
    let routes: Vec<_> = ack.lines().filter(|line| line.starts_with("Route:")).collect();
    assert_eq!(routes, ["Route: <sip:192.0.2.2;lr>", "Route: <sip:p3.example;lr>"]);
    assert_ne!(header(&ack, "Via"), header(&sent, "Via"));
    call.hangup(vec![("Reason".into(), "Q.850;cause=16".into())]).unwrap();
    let bye = peer.expect("BYE").await;
    assert_eq!(header(&bye, "Reason"), "Q.850;cause=16");
    assert_eq!(header(&bye, "CSeq"), "2 BYE");
}

#[tokio::test(start_paused = true)]
async fn the_answers_of_other_branches_are_acknowledged_and_ended() {
    let (stack, _invitations, peer) = one();
    let (_call, mut events) = stack.invite(invite("sip:x@192.0.2.2")).unwrap();
    let sent = peer.expect("INVITE").await;
    for branch in ["one", "two"] {
        peer.send(&response("180 Ringing", &sent, branch, ""));
        assert!(matches!(event(&mut events).await, CallEvent::Provisional { .. }));
    }
    peer.send(&response("200 OK", &sent, "two", ANSWER));
    let ack = peer.expect("ACK").await;
    assert_eq!(tag(&ack), "two");
    assert!(matches!(event(&mut events).await, CallEvent::Answered { .. }));
    peer.send(&response("200 OK", &sent, "one", ANSWER));
    assert_eq!(tag(&peer.expect("ACK").await), "one");
    let bye = peer.expect("BYE").await;
    assert_eq!(tag(&bye), "one");
    peer.send(&response("200 OK", &bye, "", ""));
    peer.silence(60).await;
    assert!(events.try_recv().is_err());
    assert_eq!((stack.statistics().calls, stack.statistics().transactions), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_answers_is_not_answered_for_ever() {
    let (stack, _invitations, peer) = one();
    let (_call, _events) = stack.invite(invite("sip:x@192.0.2.2")).unwrap();
    let sent = peer.expect("INVITE").await;
    peer.send(&response("200 OK", &sent, "first", ANSWER));
    assert_eq!(tag(&peer.expect("ACK").await), "first");
    for branch in 0..16 {
        peer.send(&response("200 OK", &sent, &branch.to_string(), ANSWER));
        peer.expect("ACK").await;
        let bye = peer.expect("BYE").await;
        peer.send(&response("200 OK", &bye, "", ""));
    }
    peer.send(&response("200 OK", &sent, "one-too-many", ANSWER));
    peer.silence(60).await;
    assert_eq!((stack.statistics().calls, stack.statistics().transactions), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_far_end_forgot_ends() {
    let (stack, mut invitations, peer) = one();
    let (mut invitation, _) = peer.call_up(&mut invitations).await;
    invitation.call.info("text/plain", sdp("x")).unwrap();
    let info = peer.expect("INFO").await;
    peer.send(&response("481 No", &info, "", ""));
    assert_eq!(ended(&mut invitation.events).await, Ended::Timeout);
    let bye = peer.expect("BYE").await;
    peer.send(&response("481 No", &bye, "", ""));
    peer.silence(1).await;
    assert_eq!(stack.statistics().calls, 0);
}

#[tokio::test(start_paused = true)]
async fn answers_go_to_the_port_of_via_unless_rport_is_asked_for() {
    let (_stack, _invitations, peer) = one();
    // Another source port than Via names.
    let network_peer = request("OPTIONS", 1, "", "").replace(";rport", "");
    peer.send(&network_peer.replace("192.0.2.2:5060;branch", "gone.example;branch"));
    let ok = peer.expect("SIP/2.0 200").await;
    assert!(header(&ok, "Via").ends_with(";received=192.0.2.2"), "{ok}");
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_limit_is_told() {
    let (stack, _invitations, peer) = one_with(Config { message: 2000, ..config(us()) });
    let long = format!("X: {}\r\nMax-Forwards", "x".repeat(2000));
    peer.send(&peer.invite().replace("Max-Forwards", &long));
    peer.expect("SIP/2.0 513").await;
    assert_eq!(stack.statistics().malformed, 1);
}

#[tokio::test(start_paused = true)]
async fn more_transactions_than_allowed_are_refused() {
    let (stack, mut invitations, peer) = one_with(Config { transactions: 1, ..config(us()) });
    let (invitation, tag) = peer.call_up(&mut invitations).await;
    let next = peer.invite().replace("Call-ID: call", "Call-ID: next");
    peer.send(&next.replace("bKINVITE1", "bKnext"));
    let refused = peer.expect("SIP/2.0 503").await;
    assert_eq!(header(&refused, "Retry-After"), "5");
    // The call that is up is served, but nothing is kept of it.
    peer.send(&request("INFO", 2, &tag, "v=0"));
    peer.expect("SIP/2.0 200").await;
    assert_eq!(stack.statistics().transactions, 1);
    drop(invitation);
}

#[tokio::test(start_paused = true)]
async fn an_advertised_address_has_to_be_one() {
    let mut wrong = config(us());
    wrong.listen[0].advertise = Some("pbx\r\nX: y".into());
    let network = ringfence_rim::Network::new();
    let error = ringfence_sip::Stack::simulated(wrong, network).unwrap_err().to_string();
    assert!(error.contains("advertised address"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_advertised_is_what_peers_are_told() {
    let mut given = config(us());
    given.listen[0].advertise = Some("pbx.example:5099".into());
    let (stack, mut invitations, peer) = one_with(given);
    let invitation = peer.call(&mut invitations).await;
    invitation.call.ring(Vec::new()).unwrap();
    let ringing = peer.expect("SIP/2.0 180").await;
    assert_eq!(header(&ringing, "Contact"), "<sip:5000@pbx.example:5099>");
    let (_call, _events) = stack.invite(invite("sip:x@192.0.2.2")).unwrap();
    let sent = peer.expect("INVITE").await;
    assert!(header(&sent, "Via").starts_with("SIP/2.0/UDP pbx.example:5099;branch=z9hG4bK"));
    assert_eq!(header(&sent, "Contact"), "<sip:1000@pbx.example:5099>");
}
