//! Taking legs out of bridges, and into others: transfers, `uuid_bridge`, `intercept`, hold.

use ringfence_switch::Cause;
use ringfence_switch::event::{EventName, Filter};

use crate::rig::{Dialog, OFFER, Rig, cause, header, respond, soon, until};
use crate::{Call, byes, next};

const BRIDGE: &str = "bridge sofia/test/200@192.0.2.2\nhangup USER_BUSY";

#[tokio::test(start_paused = true)]
async fn a_transfer_takes_the_leg_that_is_named() {
    for (which, a_ends, b_ends) in [
        ("", "CALL_REJECTED", "NORMAL_CLEARING"),
        ("-bleg ", "USER_BUSY", "CALL_REJECTED"),
        ("-both ", "CALL_REJECTED", "CALL_REJECTED"),
    ] {
        let rig = Rig::new(&[("100", BRIDGE), ("300", "hangup CALL_REJECTED")]);
        let _call = Call::bridged(&rig.peer).await;
        let [a, b] = <[_; 2]>::try_from(rig.switch.sessions()).unwrap();
        until(|| a.bridged()).await;
        let answer = rig.api(&format!("uuid_transfer {} {which}300", a.uuid())).await;
        assert_eq!(answer, "+OK\n");
        assert_eq!(cause(&a).await.name(), a_ends, "a of {which}");
        assert_eq!(cause(&b).await.name(), b_ends, "b of {which}");
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_calls_leave_what_they_do_for_each_other() {
    let rig = Rig::new(&[]);
    let (a, b) = (rig.null().await, rig.null().await);
    let mut events = rig.listen(&[
        EventName::ChannelUnpark,
        EventName::ChannelExecute,
        EventName::ChannelBridge,
        EventName::ChannelUnbridge,
        EventName::ChannelHangup,
    ]);
    let answer = rig.api(&format!("uuid_bridge {} {}", a.uuid(), b.uuid())).await;
    assert_eq!(answer, format!("+OK {}\n", b.uuid()));
    until(|| a.bridged() && b.bridged()).await;
    assert_eq!(a.state().name(), "CS_SOFT_EXECUTE");
    until(|| b.state().name() == "CS_EXCHANGE_MEDIA").await;
    a.hangup(Cause::USER_BUSY);
    assert_eq!(cause(&b).await, Cause::USER_BUSY);
    let mut told = Vec::new();
    while told.len() < 8 {
        let event = next(&mut events).await;
        let leg = if event.header("Unique-ID").unwrap() == **a.uuid() { "a" } else { "b" };
        told.push(format!("{leg} {}", event.header("Event-Name").unwrap()));
    }
    let at = |what: &str| told.iter().position(|event| event == what).unwrap();
    assert!(at("a CHANNEL_UNPARK") < at("a CHANNEL_EXECUTE"), "{told:?}");
    assert!(at("a CHANNEL_EXECUTE") < at("a CHANNEL_BRIDGE"), "{told:?}");
    assert!(at("a CHANNEL_HANGUP") < at("b CHANNEL_HANGUP"), "{told:?}");
    assert!(at("b CHANNEL_HANGUP") < at("a CHANNEL_UNBRIDGE"), "{told:?}");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_leg_goes_from_one_bridge_to_another() {
    let rig = Rig::new(&[]);
    let (a, b, c) = (rig.null().await, rig.null().await, rig.null().await);
    rig.api(&format!("uuid_bridge {} {}", a.uuid(), b.uuid())).await;
    until(|| a.partner().is_some_and(|partner| partner == b)).await;
    rig.api(&format!("uuid_bridge {} {}", c.uuid(), b.uuid())).await;
    until(|| c.partner().is_some_and(|partner| partner == b)).await;
    assert_eq!(cause(&a).await, Cause::NORMAL_CLEARING, "nobody is left for it");
    assert!(b.up());
    // The one that leads is taken away: the other has nobody either.
    let d = rig.null().await;
    rig.api(&format!("uuid_bridge {} {}", d.uuid(), c.uuid())).await;
    until(|| d.partner().is_some_and(|partner| partner == c)).await;
    assert_eq!(cause(&b).await, Cause::NORMAL_CLEARING);
    drop(rig.api("hupall").await);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_partner_that_dies_first_is_not_waited_for() {
    let rig = Rig::new(&[]);
    let (a, b) = (rig.null().await, rig.null().await);
    a.join(&b).unwrap();
    b.hangup(Cause::USER_BUSY);
    assert_eq!(cause(&a).await, Cause::NORMAL_CLEARING);
    let (a, b) = (rig.null().await, rig.null().await);
    a.join(&b).unwrap();
    a.hangup(Cause::USER_BUSY);
    assert_eq!(cause(&b).await, Cause::NORMAL_CLEARING);
    // One that is sent elsewhere at the last moment lets the other go.
    let (a, b) = (rig.null().await, rig.null().await);
    a.join(&b).unwrap();
    a.transfer("sleep:60000", Some("inline"), None).unwrap();
    assert_eq!(cause(&b).await, Cause::NORMAL_CLEARING);
    assert!(a.up());
    drop(rig.api("hupall").await);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn uuid_bridge_needs_two_calls() {
    let rig = Rig::new(&[]);
    let a = rig.null().await;
    assert_eq!(rig.api("uuid_bridge").await, "-USAGE: <uuid> <other_uuid>\n");
    let nobody = format!("uuid_bridge {} nobody", a.uuid());
    assert_eq!(rig.api(&nobody).await, "-ERR Invalid uuid\n");
    let itself = format!("uuid_bridge {0} {0}", a.uuid());
    assert_eq!(rig.api(&itself).await, "-ERR a call cannot be bridged with itself\n");
    assert!(a.up());
    a.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_bridged_call_is_taken_by_another_one() {
    let rig = Rig::new(&[("100", BRIDGE)]);
    let _call = Call::bridged(&rig.peer).await;
    let [a, b] = <[_; 2]>::try_from(rig.switch.sessions()).unwrap();
    until(|| a.bridged()).await;
    let taker = rig.null().await;
    rig.api(&format!("uuid_broadcast {} intercept::{}", taker.uuid(), a.uuid())).await;
    until(|| a.partner().is_some_and(|partner| partner == taker)).await;
    assert_eq!(cause(&b).await, Cause::PICKED_OFF);
    let bye = byes(&rig.peer, 1).await.remove(0);
    assert!(header(&bye, "Reason").unwrap().contains("Call completed elsewhere"), "{bye}");
    taker.hangup(Cause::NORMAL_CLEARING);
    assert_eq!(cause(&a).await, Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_ringing_call_is_picked_up() {
    for (which, target) in [("", 0), ("-bleg ", 1)] {
        let rig = Rig::new(&[("100", BRIDGE)]);
        let call = Call::ringing(&rig.peer).await;
        rig.peer.send(&respond(&call.invite, "180 Ringing", "", ""));
        rig.peer.expect("SIP/2.0 180").await;
        let legs = rig.switch.sessions();
        let taker = rig.null().await;
        let data = format!("{which}{}", legs[target].uuid());
        let run = tokio::spawn(async move { taker.execute("intercept", &data).await });
        let cancel = rig.peer.expect("CANCEL sip:200@").await;
        let reason = header(&cancel, "Reason").unwrap();
        assert!(reason.contains("Call completed elsewhere"), "{which}: {reason}");
        soon(run).await.unwrap().unwrap();
        until(|| legs[0].bridged()).await;
        assert!(legs[0].answered());
        drop(rig.api("hupall").await);
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_cannot_be_taken() {
    let rig = Rig::new(&[]);
    let (a, taker) = (rig.null().await, rig.null().await);
    let why = taker.execute("intercept", "nobody").await.unwrap_err();
    assert!(why.to_string().contains("no call \"nobody\""), "{why}");
    let why = taker.execute("intercept", &format!("-bleg {}", a.uuid())).await.unwrap_err();
    assert!(why.to_string().contains("no other leg"), "{why}");
    taker.set_variable("intercept_unanswered_only", Some("true")).unwrap();
    let why = taker.execute("intercept", a.uuid()).await.unwrap_err();
    assert!(why.to_string().contains("taken already"), "{why}");
    drop(rig.api("hupall").await);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_is_held_and_taken_back() {
    let rig = Rig::new(&[("100", "answer\npark")]);
    let call = rig.peer.call_up("100").await;
    let a = rig.only().await;
    for (order, direction, state) in [("", "a=sendonly", "HELD"), ("off ", "a=sendrecv", "ACTIVE")]
    {
        let hold = format!("uuid_hold {order}{}", a.uuid());
        assert_eq!(rig.api(&hold).await, "+OK Success\n");
        let invite = rig.peer.expect("INVITE").await;
        assert!(invite.contains(direction), "{invite}");
        rig.peer.send(&respond(&invite, "200 OK", "", OFFER));
        rig.peer.expect("ACK").await;
        until(|| a.call_state().name() == state).await;
    }
    for line in ["uuid_hold nosuch", &format!("uuid_hold off nosuch {}", a.uuid())] {
        assert_eq!(rig.api(line).await, "+OK Success\n", "{line}");
    }
    rig.peer.send(&call.bye(""));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_held_call_hears_music() {
    let rig = Rig::new(&[(
        "100",
        "set hold_music=tone_stream://%(1000,0,440)\nbridge sofia/test/200@192.0.2.2",
    )]);
    let wanted = Filter::none().with(EventName::PlaybackStart).with(EventName::PlaybackStop);
    let mut events = rig.switch.events().subscribe(wanted, 100);
    let call = Call::bridged(&rig.peer).await;
    let [a, _] = <[_; 2]>::try_from(rig.switch.sessions()).unwrap();
    until(|| a.bridged()).await;
    let partner = a.partner().unwrap();
    a.execute("hold", "").await.unwrap();
    let started = next(&mut events).await;
    assert_eq!(started.header("Unique-ID").as_deref(), Some(&**partner.uuid()));
    assert_eq!(
        started.header("Playback-File-Path").as_deref(),
        Some("tone_stream://%(1000,0,440)")
    );
    let invite = rig.peer.expect("INVITE").await;
    rig.peer.send(&respond(&invite, "200 OK", "", OFFER));
    rig.peer.expect("ACK").await;
    a.execute("unhold", "").await.unwrap();
    // It was played again and again; what is told last is that it was broken off.
    loop {
        let event = next(&mut events).await;
        assert_eq!(event.header("Unique-ID").as_deref(), Some(&**partner.uuid()));
        if event.header("Playback-Status").as_deref() == Some("break") {
            break;
        }
    }
    assert!(a.bridged());
    drop(call);
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_caller_is_sent_elsewhere() {
    for application in ["redirect", "deflect"] {
        let actions = format!("{application} sip:1@192.0.2.9,sip:2@192.0.2.9");
        let rig = Rig::new(&[("100", &actions)]);
        let dialog = Dialog::new("100");
        rig.peer.send(&dialog.invite(OFFER));
        let (response, _) = rig.peer.final_response(&dialog).await;
        assert!(response.starts_with("SIP/2.0 302"), "{response}");
        let contact = header(&response, "Contact").unwrap();
        assert_eq!(contact, "<sip:1@192.0.2.9>, <sip:2@192.0.2.9>");
        rig.empty().await;
        let session = rig.null().await;
        let why = session.execute(application, "sip:1@192.0.2.9").await.unwrap_err();
        assert!(why.to_string().contains("can only be transferred"), "{why}");
        session.hangup(Cause::NORMAL_CLEARING);
        rig.empty().await;
    }
}
