//! What a script with few rights may call and join.

use std::sync::Arc;

use ringfence_switch::Authority;
use ringfence_switch::config::{Names, Permissions};

use crate::rig::{Rig, cause, header, respond};

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
