//! The timers of RFC 3261 §17 and RFC 6026, each with its times, on tokio's paused clock.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use ringfence_sip::{CallEvent, Ended};
use support::{ANSWER, OFFER, ended, event, invite, one, request, response, sdp, soon, tag, them};
use tokio::time::{Instant, sleep};

/// 500 ms doubled up to 4 s, as far as 32 s.
const CAPPED: [u128; 11] = [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500];

fn to_peer() -> ringfence_sip::Invite {
    invite(&format!("sip:x@{}", them()))
}

#[tokio::test(start_paused = true)]
async fn a_and_b_an_invite_that_nobody_answers() {
    let (stack, _invitations, peer) = one();
    let (_call, mut events) = stack.invite(to_peer()).unwrap();
    assert_eq!(peer.times("INVITE").await, [0, 500, 1500, 3500, 7500, 15500, 31500]);
    assert_eq!(ended(&mut events).await, Ended::Timeout);
    let statistics = stack.statistics();
    assert_eq!((statistics.calls, statistics.transactions, statistics.timeouts), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn b_does_not_end_a_call_that_rings() {
    let (stack, _invitations, peer) = one();
    let (_call, mut events) = stack.invite(to_peer()).unwrap();
    let invite = peer.expect("INVITE").await;
    peer.send(&response("180 Ringing", &invite, "t", ""));
    assert!(matches!(event(&mut events).await, CallEvent::Provisional { status: 180, .. }));
    peer.silence(600).await;
    peer.send(&response("200 OK", &invite, "t", ANSWER));
    assert!(matches!(event(&mut events).await, CallEvent::Answered { .. }));
    peer.expect("ACK").await;
}

#[tokio::test(start_paused = true)]
async fn d_a_repeated_refusal_is_acknowledged_again() {
    let (stack, _invitations, peer) = one();
    let (_call, mut events) = stack.invite(to_peer()).unwrap();
    let invite = peer.expect("INVITE").await;
    let busy = response("486 Busy Here", &invite, "t", "");
    peer.send(&busy);
    let ack = peer.expect("ACK").await;
    assert_eq!(support::header(&ack, "Via"), support::header(&invite, "Via"));
    assert_eq!(tag(&ack), "t");
    assert!(matches!(event(&mut events).await, CallEvent::Refused { status: 486, .. }));
    sleep(Duration::from_secs(31)).await;
    peer.send(&busy);
    assert_eq!(peer.expect("ACK").await, ack);
    sleep(Duration::from_secs(2)).await;
    peer.send(&busy);
    peer.silence(60).await;
    assert_eq!(stack.statistics().transactions, 0);
}

#[tokio::test(start_paused = true)]
async fn e_and_f_a_bye_that_nobody_answers() {
    let (stack, mut invitations, mut peer) = one();
    let (mut invitation, _) = peer.call_up(&mut invitations).await;
    sleep(Duration::from_secs(100)).await;
    peer.start = Instant::now();
    invitation.call.hangup(Vec::new()).unwrap();
    assert_eq!(peer.times("BYE").await, CAPPED);
    assert_eq!(ended(&mut invitation.events).await, Ended::Local);
    let statistics = stack.statistics();
    assert_eq!((statistics.calls, statistics.transactions), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn e_goes_on_every_4_s_after_a_provisional_response() {
    let (_stack, mut invitations, mut peer) = one();
    let (invitation, _) = peer.call_up(&mut invitations).await;
    sleep(Duration::from_secs(100)).await;
    peer.start = Instant::now();
    invitation.call.hangup(Vec::new()).unwrap();
    let bye = peer.expect("BYE").await;
    peer.send(&response("100 Trying", &bye, "", ""));
    // The retransmission that was due at 500 ms, then every T2.
    assert_eq!(peer.times("BYE").await, [500, 4500, 8500, 12500, 16500, 20500, 24500, 28500]);
}

#[tokio::test(start_paused = true)]
async fn g_and_h_a_refusal_without_ack() {
    let (stack, mut invitations, peer) = one();
    let mut invitation = peer.call(&mut invitations).await;
    invitation.call.reject(486, None, Vec::new()).unwrap();
    assert_eq!(peer.times("SIP/2.0 486 Busy Here").await, CAPPED);
    assert_eq!(ended(&mut invitation.events).await, Ended::Local);
    let statistics = stack.statistics();
    assert_eq!((statistics.calls, statistics.transactions), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn i_an_ack_ends_the_repetitions_and_is_absorbed() {
    let (stack, mut invitations, peer) = one();
    let invitation = peer.call(&mut invitations).await;
    invitation.call.reject(486, Some("No"), Vec::new()).unwrap();
    let refusal = peer.expect("SIP/2.0 486 No").await;
    // The ACK of a refusal has the branch of its INVITE.
    let ack = request("ACK", 1, &tag(&refusal), "").replace("bKACK1", "bKINVITE1");
    peer.send(&ack);
    peer.send(&ack);
    sleep(Duration::from_secs(4)).await;
    peer.send(&peer.invite());
    peer.silence(0).await;
    assert_eq!(stack.statistics().transactions, 1);
    peer.silence(60).await;
    assert_eq!(stack.statistics().transactions, 0);
}

#[tokio::test(start_paused = true)]
async fn j_a_repeated_bye_gets_its_answer_again() {
    let (stack, mut invitations, peer) = one();
    let (mut invitation, tag) = peer.call_up(&mut invitations).await;
    let bye = request("BYE", 2, &tag, "");
    peer.send(&bye);
    let ok = peer.expect("SIP/2.0 200").await;
    assert_eq!(ended(&mut invitation.events).await, Ended::Bye);
    sleep(Duration::from_secs(31)).await;
    peer.send(&bye);
    assert_eq!(peer.expect("SIP/2.0 200").await, ok);
    assert_eq!(stack.statistics().repeated, 1);
    sleep(Duration::from_secs(2)).await;
    peer.send(&bye);
    peer.expect("SIP/2.0 481").await;
    assert_eq!(stack.statistics().transactions, 0);
}

#[tokio::test(start_paused = true)]
async fn k_a_repeated_answer_to_bye_is_absorbed() {
    let (stack, mut invitations, peer) = one();
    let (invitation, _) = peer.call_up(&mut invitations).await;
    invitation.call.hangup(Vec::new()).unwrap();
    let bye = peer.expect("BYE").await;
    let ok = response("200 OK", &bye, "", "");
    peer.send(&ok);
    peer.send(&ok);
    peer.silence(4).await;
    assert_eq!(stack.statistics().calls, 0);
    assert_eq!(stack.statistics().transactions, 2);
    peer.silence(60).await;
    assert_eq!(stack.statistics().transactions, 0);
}

#[tokio::test(start_paused = true)]
async fn l_a_200_without_ack_is_repeated_and_then_the_call_ends() {
    let (stack, mut invitations, peer) = one();
    let mut invitation = peer.call(&mut invitations).await;
    invitation.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    for at in CAPPED {
        peer.expect("SIP/2.0 200").await;
        assert_eq!(peer.start.elapsed().as_millis(), at);
    }
    assert_eq!(ended(&mut invitation.events).await, Ended::Timeout);
    let bye = peer.expect("BYE").await;
    assert_eq!(peer.start.elapsed().as_millis(), 32_000);
    peer.send(&response("200 OK", &bye, "", ""));
    peer.silence(60).await;
    let statistics = stack.statistics();
    assert_eq!((statistics.calls, statistics.transactions), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn l_absorbs_a_repeated_invite_after_the_ack() {
    let (stack, mut invitations, peer) = one();
    let (_invitation, _) = peer.call_up(&mut invitations).await;
    sleep(Duration::from_secs(31)).await;
    peer.send(&peer.invite());
    peer.silence(60).await;
    assert_eq!((stack.statistics().calls, stack.statistics().transactions), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn m_a_repeated_200_is_acknowledged_again() {
    let (stack, _invitations, peer) = one();
    let (_call, mut events) = stack.invite(to_peer()).unwrap();
    let invite = peer.expect("INVITE").await;
    let ok = response("200 OK", &invite, "t", ANSWER);
    peer.send(&ok);
    let ack = peer.expect("ACK").await;
    assert!(matches!(event(&mut events).await, CallEvent::Answered { .. }));
    sleep(Duration::from_secs(31)).await;
    peer.send(&ok);
    assert_eq!(peer.expect("ACK").await, ack);
    sleep(Duration::from_secs(2)).await;
    peer.send(&ok);
    peer.silence(60).await;
    assert_eq!(stack.statistics().transactions, 0);
}

#[tokio::test(start_paused = true)]
async fn trying_is_sent_after_200_ms_and_again_for_a_repeated_invite() {
    let (stack, mut invitations, peer) = one();
    let invitation = peer.call(&mut invitations).await;
    let trying = peer.expect("SIP/2.0 100 Trying").await;
    assert_eq!(peer.start.elapsed().as_millis(), 200);
    peer.send(&peer.invite());
    assert_eq!(peer.hear().await, trying);
    assert_eq!(stack.statistics().incoming, 1);
    drop(invitation);
    peer.expect("SIP/2.0 480").await;
}

#[tokio::test(start_paused = true)]
async fn trying_is_not_sent_after_an_answer() {
    let (_stack, mut invitations, peer) = one();
    let invitation = peer.call(&mut invitations).await;
    invitation.call.ring(Vec::new()).unwrap();
    peer.expect("SIP/2.0 180").await;
    peer.silence(59).await;
}

#[tokio::test(start_paused = true)]
async fn ringing_is_repeated_every_minute() {
    let (_stack, mut invitations, peer) = one();
    let invitation = peer.call(&mut invitations).await;
    invitation.call.progress(None, Vec::new()).unwrap();
    peer.expect("SIP/2.0 183").await;
    invitation.call.ring(Vec::new()).unwrap();
    for minute in 0..5 {
        peer.expect("SIP/2.0 180").await;
        assert_eq!(peer.start.elapsed().as_secs(), 60 * minute);
    }
    drop(invitation);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_expires() {
    let (_stack, mut invitations, peer) = one();
    peer.send(&peer.invite().replace("Max-Forwards", "Expires: 30\r\nMax-Forwards"));
    let mut invitation = soon(invitations.recv()).await.unwrap();
    peer.expect("SIP/2.0 100").await;
    assert_eq!(ended(&mut invitation.events).await, Ended::Timeout);
    assert_eq!(peer.start.elapsed().as_secs(), 30);
    peer.expect("SIP/2.0 487").await;
}

#[tokio::test(start_paused = true)]
async fn an_invitation_with_a_long_expires_expires_on_time() {
    let (_stack, mut invitations, peer) = one();
    peer.send(&peer.invite().replace("Max-Forwards", "Expires: 150\r\nMax-Forwards"));
    let mut invitation = soon(invitations.recv()).await.unwrap();
    peer.expect("SIP/2.0 100").await;
    assert_eq!(ended(&mut invitation.events).await, Ended::Timeout);
    assert_eq!(peer.start.elapsed().as_secs(), 150);
    peer.expect("SIP/2.0 487").await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_invitation_that_was_answered_stays() {
    let (stack, mut invitations, peer) = one();
    peer.send(&peer.invite().replace("Max-Forwards", "Expires: 30\r\nMax-Forwards"));
    let invitation = soon(invitations.recv()).await.unwrap();
    invitation.call.answer(sdp(ANSWER), Vec::new()).unwrap();
    let ok = peer.expect("SIP/2.0 200").await;
    peer.send(&request("ACK", 1, &tag(&ok), ""));
    peer.silence(60).await;
    assert_eq!(stack.statistics().calls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_without_final_answer_is_given_up() {
    let (stack, _invitations, peer) = one();
    let (call, mut events) = stack.invite(to_peer()).unwrap();
    let invite = peer.expect("INVITE").await;
    peer.send(&response("180 Ringing", &invite, "t", ""));
    assert!(matches!(event(&mut events).await, CallEvent::Provisional { .. }));
    call.hangup(Vec::new()).unwrap();
    assert_eq!(ended(&mut events).await, Ended::Local);
    let cancel = peer.expect("CANCEL").await;
    peer.send(&response("200 OK", &cancel, "", ""));
    peer.silence(60).await;
    let statistics = stack.statistics();
    assert_eq!((statistics.calls, statistics.transactions), (0, 0));
    assert!(invite.contains(OFFER));
}
