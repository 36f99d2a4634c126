//! What a script with few rights may call and join.

use std::sync::Arc;

use ringfence_switch::channel::Direction;
use ringfence_switch::config::{Names, Permissions};
use ringfence_switch::{Authority, Cause, Dtmf, Session};

use crate::Call;
use crate::rig::{Rig, cause, header, respond, until};

/// A script that may bridge, to these legs.
fn authority(legs: &[&str]) -> Arc<Authority> {
    let names = |names: &[&str]| Names(names.iter().map(|name| (*name).to_owned()).collect());
    let permissions = Permissions {
        application: names(&["bridge"]),
        api: names(&["originate"]),
        originate: names(legs),
        ..Permissions::default()
    };
    Authority::new("few.lua", "third-party", &permissions).unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_legs_that_the_profile_names_are_called() {
    for (dial, permitted) in [
        ("sofia/test/900@192.0.2.2", false),
        ("loopback/300/default", false),
        ("{sip_route_uri=192.0.2.9}sofia/test/200@192.0.2.2", false),
        ("sofia/test/200@192.0.2.2|sofia/test/900@192.0.2.2", true),
        ("sofia/test/200@192.0.2.2", true),
        ("{color=${global_setvar(evil=1)}}sofia/test/200@192.0.2.2", false),
        ("sofia/test/200@192.0.2.2:_:sofia/test/900@192.0.2.2", true),
    ] {
        let rig = Rig::new(&[("300", "set_global evil=1")]);
        let session = rig.null().await;
        let script = authority(&["sofia/test/200@*"]);
        let run = script.under(session.execute("bridge", dial));
        if permitted {
            let (result, ()) = tokio::join!(run, async {
                let invite = rig.peer.expect("INVITE").await;
                assert!(header(&invite, "To").unwrap().contains("sip:200@"), "{dial}");
                rig.peer.send(&respond(&invite, "486 Busy Here", "", ""));
            });
            result.unwrap();
        } else {
            run.await.unwrap();
            let told = script.take_refusal().unwrap();
            assert!(told.contains("third-party"), "{dial}: {told}");
            assert_eq!(session.hangup_cause().name(), "OUTGOING_CALL_BARRED", "{dial}");
        }
        cause(&session).await;
        rig.empty().await;
        assert_eq!(rig.switch.variables().text("evil"), None, "{dial}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_loopback_call_into_a_dialplan_of_the_scripts_own_is_refused() {
    let rig = Rig::new(&[]);
    let script = authority(&["*"]);
    let order = "originate loopback/set_global:evil=1/default/inline &park()";
    assert_eq!(script.under(rig.api(order)).await, "-ERR OUTGOING_CALL_BARRED\n");
    assert!(script.take_refusal().unwrap().contains("use the dialplan inline"));
    rig.empty().await;
    assert_eq!(rig.switch.variables().text("evil"), None);
}

#[tokio::test(start_paused = true)]
async fn what_a_script_binds_to_keys_or_leaves_as_music_has_its_rights() {
    let rig = Rig::new(&[("100", "answer\nbridge sofia/test/200@192.0.2.2")]);
    let names = |names: &[&str]| Names(names.iter().map(|name| (*name).to_owned()).collect());
    let permissions = Permissions {
        application: names(&["bind_digit_action", "bind_meta_app", "displace_session", "set"]),
        ..Permissions::default()
    };
    let script = Authority::new("few.lua", "third-party", &permissions).unwrap();
    let session = rig.null().await;
    for (application, bound) in [
        ("bind_digit_action", "menu,1,exec:system,id"),
        ("bind_digit_action", "menu,1,exec[I]:system,id"),
        ("bind_digit_action", "menu,1,api:system,id"),
        ("bind_meta_app", "1 a s system::id"),
    ] {
        script.under(session.execute(application, bound)).await.unwrap_err();
        let told = script.take_refusal().unwrap();
        assert!(told.contains("system"), "{bound}: {told}");
    }
    // What may be bound does what it does with the script's rights.
    let bound = "menu,2,exec:set,a=${global_setvar(evil=1)}";
    script.under(session.execute("bind_digit_action", bound)).await.unwrap();
    session.receive_dtmf(Dtmf::new('2').unwrap());
    let refused = || script.take_refusal();
    until(|| refused().is_some_and(|told| told.contains("api=*"))).await;
    script.under(session.execute("displace_session", "/nowhere/a.wav")).await.unwrap();
    until(|| refused().is_some_and(|told| told.contains("/nowhere/a.wav"))).await;
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;

    let _call = Call::bridged(&rig.peer).await;
    until(|| rig.switch.sessions().iter().any(Session::bridged)).await;
    let sessions = rig.switch.sessions();
    let call = sessions.iter().find(|session| session.direction() == Direction::Inbound).unwrap();
    script.under_now(|| call.set_variable("hold_music", Some("/nowhere/b.wav"))).unwrap();
    call.hold(true).unwrap();
    // It may not run what plays music, and so nothing is played.
    let told = script.take_refusal().unwrap();
    assert!(told.contains("endless_playback"), "{told}");
}
