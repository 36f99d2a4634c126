//! Calls between two stacks, in good and bad weather, on tokio's paused clock.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use ringfence_rim::Network;
use ringfence_sip::{Call, CallError, CallEvent, Config, Ended, Invitation, InviteError, Stack};
use support::{ANSWER, OFFER, Side, config, ended, event, invite, sdp, them, two, us};
use tokio::sync::mpsc;
use tokio::time::sleep;

/// One end of a call.
struct End {
    call: Call,
    events: mpsc::Receiver<CallEvent>,
}

fn end(invitation: Invitation) -> End {
    End { call: invitation.call, events: invitation.events }
}

fn dial(from: &Side, invite: ringfence_sip::Invite) -> End {
    let (call, events) = from.stack.invite(invite).unwrap();
    End { call, events }
}

fn to_them() -> ringfence_sip::Invite {
    invite("sip:2000@192.0.2.2")
}

/// A call from a to b that is up.
async fn up(a: &Side, b: &mut Side) -> (End, End) {
    let mut caller = dial(a, to_them());
    let mut callee = end(b.invitation().await);
    callee.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    let answered = event(&mut caller.events).await;
    assert!(matches!(answered, CallEvent::Answered { .. }), "{answered:?}");
    let confirmed = event(&mut callee.events).await;
    assert!(matches!(confirmed, CallEvent::Confirmed { sdp: None }), "{confirmed:?}");
    (caller, callee)
}

/// Nothing is left after the last timer.
async fn nothing_left(sides: [&Side; 2]) {
    sleep(Duration::from_secs(100)).await;
    for side in sides {
        let statistics = side.stack.statistics();
        assert_eq!((statistics.calls, statistics.transactions), (0, 0), "{statistics:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_made_answered_and_hung_up() {
    let (a, mut b, _network) = two();
    let headers = vec![("X-Account".to_owned(), "42".to_owned())];
    let mut caller = dial(&a, ringfence_sip::Invite { headers, ..to_them() });
    let invitation = b.invitation().await;
    let request = &invitation.request;
    assert_eq!(request.sdp().unwrap(), sdp(OFFER));
    assert_eq!(request.uri().user().as_deref(), Some("2000"));
    assert_eq!(request.from().unwrap().display.as_deref(), Some("Caller"));
    assert_eq!(request.header("x-account").as_deref(), Some("42"));
    assert_eq!(request.user_agent().as_deref(), Some("test"));
    assert_eq!((invitation.source, invitation.local), (us(), them()));
    assert_eq!(invitation.call.id(), caller.call.id());
    assert_eq!(invitation.call.remote_tag(), Some(caller.call.local_tag()));
    let mut callee = end(invitation);

    callee.call.ring(Vec::new()).unwrap();
    let CallEvent::Provisional { status, sdp: None, .. } = event(&mut caller.events).await else {
        panic!("not ringing")
    };
    assert_eq!(status, 180);
    callee.call.progress(Some(sdp(ANSWER)), Vec::new()).unwrap();
    let CallEvent::Provisional { status, sdp: early, .. } = event(&mut caller.events).await else {
        panic!("no early media")
    };
    assert_eq!((status, early), (183, Some(sdp(ANSWER))));
    callee.call.answer(sdp(ANSWER), vec![("X-Who".into(), "me".into())]).unwrap();
    let CallEvent::Answered { sdp: answer, response } = event(&mut caller.events).await else {
        panic!("not answered")
    };
    assert_eq!(answer, Some(sdp(ANSWER)));
    assert_eq!(response.header("X-Who").as_deref(), Some("me"));
    assert_eq!(caller.call.remote_tag(), Some(callee.call.local_tag()));
    assert!(matches!(event(&mut callee.events).await, CallEvent::Confirmed { .. }));

    sleep(Duration::from_secs(7200)).await;
    let reason = vec![("Reason".to_owned(), "Q.850;cause=16".to_owned())];
    caller.call.hangup(reason).unwrap();
    assert_eq!(ended(&mut caller.events).await, Ended::Local);
    let CallEvent::Ended { how: Ended::Bye, reason, request } = event(&mut callee.events).await
    else {
        panic!("no BYE")
    };
    assert_eq!(reason.as_deref(), Some("Q.850;cause=16"));
    assert_eq!(request.unwrap().method(), "BYE");
    assert!(callee.events.recv().await.is_none());
    assert!(caller.events.recv().await.is_none());
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn the_callee_hangs_up() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    callee.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut caller.events).await, Ended::Bye);
    assert_eq!(ended(&mut callee.events).await, Ended::Local);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn both_hang_up_at_once() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    callee.call.hangup(Vec::new()).unwrap();
    caller.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut caller.events).await, Ended::Local);
    assert_eq!(ended(&mut callee.events).await, Ended::Local);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_hung_up() {
    let (a, mut b, _network) = two();
    let (mut caller, callee) = up(&a, &mut b).await;
    drop(callee);
    assert_eq!(ended(&mut caller.events).await, Ended::Bye);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_with_its_response() {
    let (a, mut b, _network) = two();
    let mut caller = dial(&a, to_them());
    let callee = end(b.invitation().await);
    let contact = vec![("X-Other".to_owned(), "y".to_owned())];
    callee.call.reject(302, Some("Over There"), contact).unwrap();
    let CallEvent::Refused { status, response } = event(&mut caller.events).await else {
        panic!("not refused")
    };
    assert_eq!((status, &*response.reason()), (302, "Over There"));
    assert_eq!(response.header("X-Other").as_deref(), Some("y"));
    assert!(caller.events.recv().await.is_none());
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn an_offer_may_come_with_the_answer_and_the_answer_with_the_ack() {
    let (a, mut b, _network) = two();
    let mut caller = dial(&a, ringfence_sip::Invite { body: None, ..to_them() });
    let invitation = b.invitation().await;
    assert_eq!(invitation.request.sdp(), None);
    let mut callee = end(invitation);
    callee.call.answer(sdp(OFFER), Vec::new()).unwrap();
    let CallEvent::Answered { sdp: offer, .. } = event(&mut caller.events).await else {
        panic!("not answered")
    };
    assert_eq!(offer, Some(sdp(OFFER)));
    // The 200 comes again meanwhile, and is not acknowledged before the answer is there.
    sleep(Duration::from_secs(2)).await;
    caller.call.acknowledge(sdp(ANSWER)).unwrap();
    let CallEvent::Confirmed { sdp: answer } = event(&mut callee.events).await else {
        panic!("not confirmed")
    };
    assert_eq!(answer, Some(sdp(ANSWER)));
    caller.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut callee.events).await, Ended::Bye);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn the_caller_gives_up_while_it_rings() {
    let (a, mut b, _network) = two();
    let mut caller = dial(&a, to_them());
    let mut callee = end(b.invitation().await);
    callee.call.ring(Vec::new()).unwrap();
    assert!(matches!(event(&mut caller.events).await, CallEvent::Provisional { .. }));
    let reason = vec![("Reason".to_owned(), "SIP;cause=487".to_owned())];
    caller.call.hangup(reason).unwrap();
    assert_eq!(ended(&mut caller.events).await, Ended::Local);
    let CallEvent::Ended { how: Ended::Cancelled, reason, .. } = event(&mut callee.events).await
    else {
        panic!("not cancelled")
    };
    assert_eq!(reason.as_deref(), Some("SIP;cause=487"));
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn a_cancel_waits_for_the_first_response() {
    let (a, mut b, _network) = two();
    let mut caller = dial(&a, to_them());
    caller.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut caller.events).await, Ended::Local);
    // The INVITE was sent all the same; its 100 after 200 ms lets the CANCEL go.
    let mut callee = end(b.invitation().await);
    assert_eq!(ended(&mut callee.events).await, Ended::Cancelled);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_meets_the_cancel_is_acknowledged_and_ended() {
    let (a, mut b, network) = two();
    let mut caller = dial(&a, to_them());
    let mut callee = end(b.invitation().await);
    callee.call.ring(Vec::new()).unwrap();
    assert!(matches!(event(&mut caller.events).await, CallEvent::Provisional { .. }));
    // The CANCEL is lost until the call has been answered.
    network.filter(|bytes, _, _| !bytes.starts_with(b"CANCEL"));
    caller.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut caller.events).await, Ended::Local);
    sleep(Duration::from_millis(10)).await;
    callee.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    assert!(matches!(event(&mut callee.events).await, CallEvent::Confirmed { .. }));
    assert_eq!(ended(&mut callee.events).await, Ended::Bye);
    network.filter(|_, _, _| true);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn a_hangup_right_after_the_answer_waits_for_the_ack() {
    let (a, mut b, network) = two();
    network.filter(|bytes, _, _| !bytes.starts_with(b"ACK"));
    let mut caller = dial(&a, to_them());
    let mut callee = end(b.invitation().await);
    callee.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    callee.call.hangup(Vec::new()).unwrap();
    assert!(matches!(event(&mut caller.events).await, CallEvent::Answered { .. }));
    sleep(Duration::from_secs(3)).await;
    assert!(caller.events.try_recv().is_err(), "BYE before ACK");
    network.filter(|_, _, _| true);
    assert_eq!(ended(&mut caller.events).await, Ended::Bye);
    // Its own end was told at once; what the ACK brings is not told any more.
    assert_eq!(ended(&mut callee.events).await, Ended::Local);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn info_goes_both_ways() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    let keys = Bytes::from_static(b"Signal=5\r\nDuration=160\r\n");
    caller.call.info("application/dtmf-relay", keys.clone()).unwrap();
    let CallEvent::Info { content_type, body } = event(&mut callee.events).await else {
        panic!("no INFO")
    };
    assert_eq!((content_type.as_str(), body), ("application/dtmf-relay", keys));
    callee.call.info("text/plain", Bytes::from_static(b"x")).unwrap();
    assert!(matches!(event(&mut caller.events).await, CallEvent::Info { .. }));
    // More than the channel holds: refused, and the call goes on.
    for _ in 0..20 {
        for _ in 0..3 {
            caller.call.info("text/plain", Bytes::from_static(b"y")).unwrap();
        }
        sleep(Duration::from_millis(1)).await;
    }
    let mut told = 0;
    while callee.events.try_recv().is_ok() {
        told += 1;
    }
    assert_eq!(told, 31);
    caller.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut callee.events).await, Ended::Bye);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn the_session_is_changed_by_either_side() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    for _ in 0..2 {
        caller.call.reinvite(Some(sdp(OFFER))).unwrap();
        let CallEvent::Offer { sdp: offer, responder } = event(&mut callee.events).await else {
            panic!("no offer")
        };
        assert_eq!(offer, Some(sdp(OFFER)));
        responder.accept(sdp(ANSWER));
        let CallEvent::Modified { status: 200, sdp: answer, .. } = event(&mut caller.events).await
        else {
            panic!("not modified")
        };
        assert_eq!(answer, Some(sdp(ANSWER)));
        assert!(matches!(event(&mut callee.events).await, CallEvent::Confirmed { sdp: None }));
        std::mem::swap(&mut caller, &mut callee);
    }
    caller.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut callee.events).await, Ended::Bye);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn a_change_without_offer_asks_for_one() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    caller.call.reinvite(None).unwrap();
    let CallEvent::Offer { sdp: None, responder } = event(&mut callee.events).await else {
        panic!("no offer asked for")
    };
    responder.accept(sdp(OFFER));
    let CallEvent::Modified { status: 200, sdp: offer, .. } = event(&mut caller.events).await
    else {
        panic!("not modified")
    };
    assert_eq!(offer, Some(sdp(OFFER)));
    caller.call.acknowledge(sdp(ANSWER)).unwrap();
    let CallEvent::Confirmed { sdp: answer } = event(&mut callee.events).await else {
        panic!("not confirmed")
    };
    assert_eq!(answer, Some(sdp(ANSWER)));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_refused_leaves_the_session() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    for dropped in [false, true] {
        caller.call.reinvite(Some(sdp(OFFER))).unwrap();
        let CallEvent::Offer { responder, .. } = event(&mut callee.events).await else {
            panic!("no offer")
        };
        if dropped {
            drop(responder);
        } else {
            responder.refuse(488);
        }
        let modified = event(&mut caller.events).await;
        assert!(matches!(modified, CallEvent::Modified { status: 488, .. }), "{modified:?}");
    }
    caller.call.info("text/plain", Bytes::from_static(b"still up")).unwrap();
    assert!(matches!(event(&mut callee.events).await, CallEvent::Info { .. }));
}

#[tokio::test(start_paused = true)]
async fn changes_that_meet_are_tried_again() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    caller.call.reinvite(Some(sdp(OFFER))).unwrap();
    callee.call.reinvite(Some(sdp(OFFER))).unwrap();
    // Both get 491. The callee did not make the Call-ID: it tries again first, the caller after.
    for (first, second) in [(&mut callee, &mut caller)] {
        let CallEvent::Offer { responder, .. } = event(&mut second.events).await else {
            panic!("no offer")
        };
        responder.accept(sdp(ANSWER));
        let modified = event(&mut first.events).await;
        assert!(matches!(modified, CallEvent::Modified { status: 200, .. }), "{modified:?}");
        assert!(matches!(event(&mut second.events).await, CallEvent::Confirmed { .. }));
        let CallEvent::Offer { responder, .. } = event(&mut first.events).await else {
            panic!("no second offer")
        };
        responder.accept(sdp(ANSWER));
        let modified = event(&mut second.events).await;
        assert!(matches!(modified, CallEvent::Modified { status: 200, .. }), "{modified:?}");
    }
    caller.call.hangup(Vec::new()).unwrap();
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn a_hangup_while_a_change_waits_ends_both() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    caller.call.reinvite(Some(sdp(OFFER))).unwrap();
    let CallEvent::Offer { responder, .. } = event(&mut callee.events).await else {
        panic!("no offer")
    };
    callee.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut callee.events).await, Ended::Local);
    responder.accept(sdp(ANSWER));
    let modified = event(&mut caller.events).await;
    assert!(matches!(modified, CallEvent::Modified { status: 487, .. }), "{modified:?}");
    assert_eq!(ended(&mut caller.events).await, Ended::Bye);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn calls_survive_a_network_that_loses_every_third_datagram() {
    let (a, mut b, network) = two();
    let count = std::sync::atomic::AtomicU32::new(0);
    network.filter(move |_, _, _| {
        !count.fetch_add(1, std::sync::atomic::Ordering::Relaxed).is_multiple_of(3)
    });
    for _ in 0..50 {
        let (mut caller, mut callee) = up(&a, &mut b).await;
        caller.call.reinvite(Some(sdp(OFFER))).unwrap();
        let CallEvent::Offer { responder, .. } = event(&mut callee.events).await else {
            panic!("no offer")
        };
        responder.accept(sdp(ANSWER));
        let modified = event(&mut caller.events).await;
        assert!(matches!(modified, CallEvent::Modified { status: 200, .. }), "{modified:?}");
        assert!(matches!(event(&mut callee.events).await, CallEvent::Confirmed { .. }));
        callee.call.hangup(Vec::new()).unwrap();
        assert_eq!(ended(&mut caller.events).await, Ended::Bye);
    }
    assert!(a.stack.statistics().retransmitted > 10);
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn limits_have_their_names() {
    let network = Network::new();
    let limited = Config { calls: 1, ..config(us()) };
    let (stack, invitations) = Stack::simulated(limited, network.clone()).unwrap();
    let mut a = Side { stack, invitations };
    let (stack, invitations) = Stack::simulated(config(them()), network.clone()).unwrap();
    let mut b = Side { stack, invitations };
    let to_us = || invite("sip:1@192.0.2.1");

    let first = dial(&b, to_us());
    let callee = end(a.invitation().await);
    let mut second = dial(&b, to_us());
    let CallEvent::Refused { status: 503, response } = event(&mut second.events).await else {
        panic!("not refused")
    };
    assert_eq!(response.header("Retry-After").as_deref(), Some("5"));
    assert_eq!(a.stack.invite(to_them()).unwrap_err(), InviteError::Limit(1));
    drop((first, callee));
    sleep(Duration::from_secs(40)).await;
    let (_caller, _callee) = up(&a, &mut b).await;
    assert_eq!(a.stack.statistics().overloaded, 1);

    let refused = |invite| a.stack.invite(invite).unwrap_err();
    let profile = ringfence_sip::Invite { profile: "none".into(), ..to_them() };
    assert_eq!(refused(profile), InviteError::Profile("none".into()));
    assert!(matches!(refused(invite("tel:123")), InviteError::Target { .. }));
    assert!(matches!(refused(invite("sip:a@b:99999")), InviteError::Target { .. }));
    let headers = vec![("Via".to_owned(), "x".to_owned())];
    let header = ringfence_sip::Invite { headers, ..to_them() };
    assert!(matches!(refused(header), InviteError::Header { .. }));
    let tcp = invite("sip:a@192.0.2.2;transport=tcp");
    assert_eq!(refused(tcp), InviteError::Profile("internal".into()));
}

#[tokio::test(start_paused = true)]
async fn orders_are_bounded_and_checked() {
    let (a, mut b, _network) = two();
    let mut caller = dial(&a, to_them());
    let mut callee = end(b.invitation().await);
    let broken = vec![("X".to_owned(), "a\r\nVia: b".to_owned())];
    let error = callee.call.ring(broken).unwrap_err();
    assert!(matches!(&error, CallError::Header { name, .. } if name == "X"), "{error}");
    assert_eq!(callee.call.reject(200, None, Vec::new()), Err(CallError::Status(200)));
    // Nobody runs in between: the orders pile up.
    for _ in 0..32 {
        callee.call.ring(Vec::new()).unwrap();
    }
    assert_eq!(callee.call.ring(Vec::new()), Err(CallError::Busy));
    callee.call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut callee.events).await, Ended::Local);
    for _ in 0..31 {
        assert!(matches!(event(&mut caller.events).await, CallEvent::Provisional { .. }));
    }
    // The last place of the channel was kept for the end.
    assert!(matches!(event(&mut caller.events).await, CallEvent::Refused { status: 480, .. }));
    callee.call.ring(Vec::new()).unwrap();
    nothing_left([&a, &b]).await;
}

#[tokio::test(start_paused = true)]
async fn invitations_that_nobody_takes_are_refused() {
    let network = Network::new();
    let (a, _invitations) =
        Stack::simulated(Config { backlog: 1, ..config(us()) }, network.clone()).unwrap();
    let (b, _others) = Stack::simulated(config(them()), network.clone()).unwrap();
    let (_first, _events) = b.invite(invite("sip:1@192.0.2.1")).unwrap();
    let (_second, mut events) = b.invite(invite("sip:1@192.0.2.1")).unwrap();
    assert!(matches!(event(&mut events).await, CallEvent::Refused { status: 503, .. }));
    assert_eq!(a.statistics().overloaded, 1);
}

#[tokio::test(start_paused = true)]
async fn shutdown_hangs_up_and_refuses() {
    let (a, mut b, _network) = two();
    let (mut caller, mut callee) = up(&a, &mut b).await;
    let mut ringing = dial(&b, invite("sip:1@192.0.2.1"));
    b.stack.drain();
    let mut late = dial(&a, to_them());
    assert!(matches!(event(&mut late.events).await, CallEvent::Refused { status: 503, .. }));
    assert!(matches!(b.stack.invite(invite("sip:x@192.0.2.1")), Err(InviteError::Shutdown)));
    b.stack.shutdown().await;
    assert_eq!(ended(&mut caller.events).await, Ended::Bye);
    assert_eq!(ended(&mut callee.events).await, Ended::Local);
    assert_eq!(ended(&mut ringing.events).await, Ended::Local);
    assert_eq!(b.stack.statistics().calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_name_without_address_ends_the_call() {
    let (a, _b, _network) = two();
    let mut caller = dial(&a, invite("sip:x@no-such-host.invalid"));
    let CallEvent::Ended { how: Ended::TransportFailure, reason, .. } =
        event(&mut caller.events).await
    else {
        panic!("not ended")
    };
    assert!(reason.unwrap().contains("no-such-host.invalid"));
    assert_eq!(a.stack.statistics().calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_gets_the_route() {
    let (a, mut b, _network) = two();
    let proxy = Some("192.0.2.2".to_owned());
    let mut caller = dial(&a, ringfence_sip::Invite { proxy, ..invite("sip:bob@example.com") });
    let invitation = b.invitation().await;
    assert_eq!(invitation.request.header("Route").as_deref(), Some("<sip:192.0.2.2;lr>"));
    assert_eq!(invitation.request.uri().to_string(), "sip:bob@example.com");
    invitation.call.reject(404, None, Vec::new()).unwrap();
    assert!(matches!(event(&mut caller.events).await, CallEvent::Refused { status: 404, .. }));
}
