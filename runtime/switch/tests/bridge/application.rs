//! The application `bridge` when it succeeds.

use ringfence_switch::event::EventName;

use crate::rig::{Dialog, OFFER, Rig, cause, header, respond, until};
use crate::{Call, byes, next};

const BRIDGE: &str = "bridge {color=red}sofia/test/200@192.0.2.2";

#[tokio::test(start_paused = true)]
async fn the_caller_rings_is_answered_and_ends_with_its_leg() {
    let rig = Rig::new(&[("100", &format!("export size=xl\nexport nolocal:far=yes\n{BRIDGE}"))]);
    let mut events = rig.listen(&[EventName::ChannelBridge, EventName::ChannelUnbridge]);
    let call = Call::ringing(&rig.peer).await;
    assert!(header(&call.invite, "From").unwrap().starts_with("\"Alice\" <sip:1000@"));
    assert_eq!(header(&call.invite, "Max-Forwards").as_deref(), Some("69"));
    rig.peer.send(&respond(&call.invite, "180 Ringing", "", ""));
    rig.peer.expect("SIP/2.0 180").await;
    rig.peer.send(&respond(&call.invite, "200 OK", "", OFFER));
    let (response, _) = rig.peer.final_response(&call.dialog).await;
    assert!(response.starts_with("SIP/2.0 200"), "{response}");
    let [a, b] = <[_; 2]>::try_from(rig.switch.sessions()).unwrap();
    until(|| a.bridged() && b.bridged()).await;
    assert_eq!((a.bond().as_ref(), b.bond().as_ref()), (Some(b.uuid()), Some(a.uuid())));
    for (name, value) in [
        ("originate_disposition", "SUCCESS"),
        ("DIALSTATUS", "SUCCESS"),
        ("bridge_to", b.uuid()),
        ("bridge_uuid", b.uuid()),
        ("signal_bond", b.uuid()),
        ("last_bridge_to", b.uuid()),
        ("bridge_channel", "sofia/test/200@192.0.2.2"),
        ("originate_causes", &format!("{};NONE", b.uuid())),
        ("originated_legs", &format!("{};Outbound Call;200", b.uuid())),
        ("callee_id_number", "200"),
    ] {
        assert_eq!(a.own_variable(name).as_deref(), Some(value), "{name}");
    }
    for (name, value) in [
        ("originator", &**a.uuid()),
        ("color", "red"),
        ("size", "xl"),
        ("far", "yes"),
        ("bridge_uuid", a.uuid()),
        ("originating_leg_uuid", a.uuid()),
        ("originator_codec", "PCMU@8000h@20i"),
        ("max_forwards", "69"),
        ("caller_id_number", "1000"),
    ] {
        assert_eq!(b.own_variable(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(a.own_variable("far"), None);
    assert_eq!(b.state().name(), "CS_EXCHANGE_MEDIA");
    let event = next(&mut events).await;
    assert_eq!(event.header("Event-Name").unwrap(), "CHANNEL_BRIDGE");
    assert_eq!(event.header("Bridge-B-Unique-ID").unwrap(), &**b.uuid());
    assert_eq!(event.header("Other-Type").unwrap(), "originatee");

    let dialog = Dialog { to: header(&response, "To").unwrap(), ..call.dialog };
    rig.peer.send(&dialog.bye("Reason: Q.850;cause=31"));
    let bye = byes(&rig.peer, 1).await.remove(0);
    assert!(bye.starts_with("BYE sip:peer@"), "{bye}");
    assert_eq!(cause(&a).await.name(), "NORMAL_UNSPECIFIED");
    assert_eq!(cause(&b).await.name(), "NORMAL_UNSPECIFIED");
    let event = next(&mut events).await;
    assert_eq!(event.header("Event-Name").unwrap(), "CHANNEL_UNBRIDGE");
    for (session, name, value) in [
        (&a, "last_bridge_role", Some("originator")),
        (&a, "bridge_hangup_cause", Some("NORMAL_UNSPECIFIED")),
        (&a, "last_bridge_hangup_cause", None),
        (&a, "bridge_to", None),
        (&b, "last_bridge_hangup_cause", Some("NORMAL_UNSPECIFIED")),
        (&b, "last_bridge_proto_specific_hangup_cause", Some("sip:200")),
        (&b, "last_bridge_role", None),
    ] {
        assert_eq!(session.own_variable(name).as_deref(), value, "{name}");
    }
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn when_the_callee_goes_the_call_goes_on_or_does_not() {
    for (set, expected) in [
        ("", "hangup USER_BUSY"),
        ("set hangup_after_bridge=true", "NORMAL_CLEARING"),
        ("set park_after_bridge=true", "CS_EXECUTE"),
        ("set transfer_after_bridge=300:XML:default", "CALL_REJECTED"),
    ] {
        let actions = format!("{set}\n{BRIDGE}\nhangup USER_BUSY");
        let rig = Rig::new(&[("100", &actions), ("300", "hangup CALL_REJECTED")]);
        let call = Call::bridged(&rig.peer).await;
        let a = rig.only().await;
        until(|| a.bridged()).await;
        call.callee_bye(&rig.peer);
        if set.contains("park") {
            until(|| rig.switch.sessions().len() == 1 && !a.bridged()).await;
            let parked = |name: &str| a.own_variable(name);
            until(|| parked("current_application").as_deref() == Some("park")).await;
            assert_eq!(parked("last_bridge_hangup_cause").as_deref(), Some("NORMAL_CLEARING"));
            a.hangup(ringfence_switch::Cause::MANAGER_REQUEST);
        } else {
            let expected = expected.strip_prefix("hangup ").unwrap_or(expected);
            assert_eq!(cause(&a).await.name(), expected, "{set}");
        }
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn early_media_is_bridged_and_the_answer_follows() {
    let rig = Rig::new(&[("100", BRIDGE)]);
    let call = Call::ringing(&rig.peer).await;
    rig.peer.send(&respond(&call.invite, "183 Session Progress", "", OFFER));
    let progress = rig.peer.expect("SIP/2.0 183").await;
    assert!(progress.contains("m=audio"), "{progress}");
    let a = rig.only().await;
    until(|| a.bridged()).await;
    assert!(!a.answered());
    rig.peer.send(&respond(&call.invite, "200 OK", "", OFFER));
    let (response, _) = rig.peer.final_response(&call.dialog).await;
    assert!(response.starts_with("SIP/2.0 200"), "{response}");
    assert!(a.bridged());
    drop(rig.api("hupall").await);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn early_media_may_be_ignored_or_be_ringing() {
    for (value, response) in [("true", "SIP/2.0 200"), ("ring_ready", "SIP/2.0 180")] {
        let bridge = format!("bridge {{ignore_early_media={value}}}sofia/test/200@192.0.2.2");
        let rig = Rig::new(&[("100", &bridge)]);
        let call = Call::ringing(&rig.peer).await;
        rig.peer.expect("SIP/2.0 100").await;
        rig.peer.send(&respond(&call.invite, "183 Session Progress", "", OFFER));
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        rig.peer.send(&respond(&call.invite, "200 OK", "", OFFER));
        let mut next = rig.peer.expect("SIP/2.0").await;
        if next.contains("CSeq: 1 INVITE") && next.starts_with("SIP/2.0 100") {
            next = rig.peer.expect("SIP/2.0").await;
        }
        assert!(next.starts_with(response), "{value}: {next}");
        drop(rig.api("hupall").await);
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_caller_id_may_be_another_one() {
    let set = "set effective_caller_id_name=Sales\nset effective_caller_id_number=5";
    for (bridge, from) in [
        ("bridge sofia/test/200@192.0.2.2", "\"Sales\" <sip:5@"),
        (
            "bridge {origination_caller_id_name=Bob,origination_caller_id_number=7}\
             sofia/test/200@192.0.2.2",
            "\"Bob\" <sip:7@",
        ),
    ] {
        let rig = Rig::new(&[("100", &format!("{set}\n{bridge}"))]);
        let call = Call::ringing(&rig.peer).await;
        assert!(header(&call.invite, "From").unwrap().starts_with(from), "{}", call.invite);
        drop(rig.api("hupall").await);
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_answered_waits_and_hears_its_ringback() {
    let ringback = "set transfer_ringback=%(500,500,440)";
    let rig = Rig::new(&[("100", &format!("answer\n{ringback}\n{BRIDGE}"))]);
    let call = rig.peer.call_up("100").await;
    let invite = rig.peer.expect("INVITE sip:200@").await;
    let a = rig.only().await;
    until(|| a.call_state().name() == "RING_WAIT").await;
    rig.peer.send(&respond(&invite, "180 Ringing", "", ""));
    let mut playing = rig.listen(&[EventName::PlaybackStart, EventName::PlaybackStop]);
    let start = next(&mut playing).await;
    let path = start.header("Playback-File-Path").unwrap();
    assert_eq!(path, "tone_stream://%(500,500,440);loops=-1");
    rig.peer.send(&respond(&invite, "200 OK", "", OFFER));
    until(|| a.bridged()).await;
    assert_eq!(a.call_state().name(), "ACTIVE");
    rig.peer.send(&call.bye(""));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn of_several_legs_the_first_to_answer_is_bridged() {
    let two = "bridge sofia/test/busy@192.0.2.2,sofia/test/300@192.0.2.2,sofia/test/200@192.0.2.2";
    let rig = Rig::new(&[("100", two)]);
    rig.peer.send(&Dialog::new("100").invite(OFFER));
    let busy = rig.peer.expect("INVITE sip:busy@").await;
    let slow = rig.peer.expect("INVITE sip:300@").await;
    let quick = rig.peer.expect("INVITE sip:200@").await;
    rig.peer.send(&respond(&busy, "486 Busy Here", "", ""));
    rig.peer.send(&respond(&slow, "180 Ringing", "", ""));
    rig.peer.send(&respond(&quick, "200 OK", "", OFFER));
    let cancel = rig.peer.expect("CANCEL sip:300@").await;
    assert!(header(&cancel, "Reason").unwrap().contains("LOSE_RACE"));
    let a = rig.only().await;
    until(|| a.bridged()).await;
    let causes = a.own_variable("originate_causes").unwrap();
    assert!(causes.contains(";USER_BUSY|:") && causes.ends_with(";NONE"), "{causes}");
    drop(rig.api("hupall").await);
    rig.empty().await;
}
