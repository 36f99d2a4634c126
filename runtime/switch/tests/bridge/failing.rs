//! The application `bridge` when nobody answers.

use std::time::Duration;

use crate::rig::{OFFER, Rig, cause, header, respond, soon};
use crate::{Call, refused};

/// What the caller gets: status and cause.
type Heard = (u16, &'static str);

/// What the callee says, what the caller gets (none: its call goes on), and `DIALSTATUS`.
const MATRIX: &[(&str, Option<Heard>, &str)] = &[
    ("400 Bad Request", Some((400, "NORMAL_TEMPORARY_FAILURE")), "CHANUNAVAIL"),
    ("401 Unauthorized", Some((603, "CALL_REJECTED")), "CHANUNAVAIL"),
    ("403 Forbidden", Some((403, "CALL_REJECTED")), "CHANUNAVAIL"),
    ("404 Not Found", Some((404, "UNALLOCATED_NUMBER")), "CHANUNAVAIL"),
    ("408 Request Timeout", Some((408, "RECOVERY_ON_TIMER_EXPIRE")), "CHANUNAVAIL"),
    ("480 Temporarily Unavailable", None, "NOANSWER"),
    ("484 Address Incomplete", Some((484, "INVALID_NUMBER_FORMAT")), "CHANUNAVAIL"),
    ("486 Busy Here", Some((486, "USER_BUSY")), "BUSY"),
    ("488 Not Acceptable Here", Some((488, "INCOMPATIBLE_DESTINATION")), "CHANUNAVAIL"),
    ("500 Server Internal Error", Some((500, "NORMAL_TEMPORARY_FAILURE")), "CHANUNAVAIL"),
    ("503 Service Unavailable", Some((503, "NORMAL_TEMPORARY_FAILURE")), "CHANUNAVAIL"),
    ("600 Busy Everywhere", Some((600, "USER_BUSY")), "BUSY"),
    ("603 Decline", Some((603, "CALL_REJECTED")), "CHANUNAVAIL"),
];

#[tokio::test(start_paused = true)]
async fn the_caller_is_refused_as_the_callee_refused() {
    for (said, heard, status) in MATRIX {
        let rig = Rig::new(&[("100", "bridge sofia/test/200@192.0.2.2\nrespond 418 went on")]);
        let call = Call::ringing(&rig.peer).await;
        let a = rig.only().await;
        rig.peer.send(&respond(&call.invite, said, "", ""));
        let response = refused(&rig.peer, &call.dialog).await;
        match heard {
            Some((status, name)) => {
                assert!(response.starts_with(&format!("SIP/2.0 {status}")), "{said}: {response}");
                assert_eq!(cause(&a).await.name(), *name, "{said}");
                let reason = header(&response, "Reason").unwrap();
                assert!(reason.contains(name), "{said}: {reason}");
                assert_eq!(a.own_variable("originate_failed_cause").as_deref(), Some(*name));
                assert_eq!(a.own_variable("last_bridge_hangup_cause").as_deref(), Some(*name));
            }
            None => assert!(response.starts_with("SIP/2.0 418 went on"), "{said}: {response}"),
        }
        soon(a.gone()).await;
        assert_eq!(a.own_variable("DIALSTATUS").as_deref(), Some(*status), "{said}");
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_goes_on_is_what_the_variables_say() {
    for (set, goes_on) in [
        ("set continue_on_fail=true", true),
        ("set continue_on_fail=false", false),
        ("set continue_on_fail=USER_BUSY", true),
        ("set continue_on_fail=3,17", true),
        ("set continue_on_fail=NO_ANSWER,CALL_REJECTED", false),
        ("set failure_causes=NO_ANSWER", true),
        ("set failure_causes=NO_ANSWER,user_busy", false),
    ] {
        let bridge = "bridge sofia/test/200@192.0.2.2\nrespond 418 went on";
        let rig = Rig::new(&[("100", &format!("{set}\n{bridge}"))]);
        let call = Call::ringing(&rig.peer).await;
        rig.peer.send(&respond(&call.invite, "486 Busy Here", "", ""));
        let response = refused(&rig.peer, &call.dialog).await;
        let expected = if goes_on { "SIP/2.0 418" } else { "SIP/2.0 486" };
        assert!(response.starts_with(expected), "{set}: {response}");
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cause_that_is_ours_has_its_own_status() {
    let rig =
        Rig::new(&[("100", "set sip_ignore_remote_cause=true\nbridge sofia/test/200@192.0.2.2")]);
    let call = Call::ringing(&rig.peer).await;
    rig.peer.send(&respond(&call.invite, "600 Busy Everywhere", "", ""));
    let response = refused(&rig.peer, &call.dialog).await;
    assert!(response.starts_with("SIP/2.0 486"), "{response}");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_answers_in_time() {
    let rig = Rig::new(&[(
        "100",
        "set call_timeout=5\nbridge sofia/test/200@192.0.2.2\nrespond 418 went on",
    )]);
    let start = tokio::time::Instant::now();
    let call = Call::ringing(&rig.peer).await;
    let a = rig.only().await;
    rig.peer.send(&respond(&call.invite, "180 Ringing", "", ""));
    let cancel = rig.peer.expect("CANCEL sip:200@").await;
    assert!(header(&cancel, "Reason").unwrap().contains("NO_ANSWER"), "{cancel}");
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    let response = refused(&rig.peer, &call.dialog).await;
    assert!(response.starts_with("SIP/2.0 418"), "{response}");
    assert!(a.own_variable("originate_causes").unwrap().ends_with(";NO_ANSWER"));
    assert_eq!(a.own_variable("last_bridge_hangup_cause").as_deref(), Some("NO_ANSWER"));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_takes_its_legs_along() {
    let rig = Rig::new(&[("100", "bridge sofia/test/200@192.0.2.2\nrespond 418 went on")]);
    let call = Call::ringing(&rig.peer).await;
    let [a, b] = <[_; 2]>::try_from(rig.switch.sessions()).unwrap();
    rig.peer.send(&respond(&call.invite, "180 Ringing", "", ""));
    rig.peer.expect("SIP/2.0 180").await;
    rig.peer.send(&call.dialog.cancel(""));
    let cancel = rig.peer.expect("CANCEL sip:200@").await;
    assert!(header(&cancel, "Reason").unwrap().contains("ORIGINATOR_CANCEL"), "{cancel}");
    rig.peer.answer(&cancel, "200 OK");
    assert_eq!(cause(&a).await.name(), "ORIGINATOR_CANCEL");
    assert_eq!(cause(&b).await.name(), "ORIGINATOR_CANCEL");
    assert_eq!(a.own_variable("DIALSTATUS").as_deref(), Some("CANCEL"));
    assert_eq!(a.own_variable("last_bridge_hangup_cause"), None);
    let of_b = b.own_variable("last_bridge_hangup_cause");
    assert_eq!(of_b.as_deref(), Some("ORIGINATOR_CANCEL"));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_fails_after_early_media_is_a_failure() {
    let rig = Rig::new(&[("100", "bridge sofia/test/200@192.0.2.2\nrespond 418 went on")]);
    let call = Call::ringing(&rig.peer).await;
    rig.peer.send(&respond(&call.invite, "183 Session Progress", "", OFFER));
    rig.peer.expect("SIP/2.0 183").await;
    rig.peer.send(&respond(&call.invite, "486 Busy Here", "", ""));
    let response = refused(&rig.peer, &call.dialog).await;
    assert!(response.starts_with("SIP/2.0 486"), "{response}");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_dial_string_that_cannot_be_called_fails_at_once() {
    for (dial, expected) in [
        ("error/NO_ROUTE_DESTINATION", "NO_ROUTE_DESTINATION"),
        ("sofia/gateway/none/1", "INVALID_GATEWAY"),
        ("sofia/nosuch/1@h", "INVALID_PROFILE"),
        ("verto/1", "CHAN_NOT_IMPLEMENTED"),
        ("nothing", "CHAN_NOT_IMPLEMENTED"),
        ("", "DESTINATION_OUT_OF_ORDER"),
        ("error/USER_BUSY:_:error/CALL_REJECTED", "CALL_REJECTED"),
        ("loopback/", "INVALID_NUMBER_FORMAT"),
    ] {
        let rig = Rig::new(&[("100", &format!("bridge {dial}"))]);
        let session = rig.null().await;
        session.execute("bridge", dial).await.unwrap();
        assert_eq!(session.hangup_cause().name(), expected, "{dial}");
        rig.empty().await;
    }
}
