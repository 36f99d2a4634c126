//! Calls that the server makes: `originate` and its outcomes.

use crate::rig::{OFFER, Rig, cause, header, respond, soon, until};

const ANSWER: &str = OFFER;

#[tokio::test(start_paused = true)]
async fn an_answered_call_runs_its_application() {
    let rig = Rig::new(&[]);
    let call = "originate {origination_uuid=abc,sip_h_X-Tag=one}sofia/test/200@192.0.2.2 \
                '&playback(silence_stream://500)' XML default Bob 300";
    let (answer, ()) = tokio::join!(rig.api(call), async {
        let invite = rig.peer.expect("INVITE sip:200@192.0.2.2").await;
        assert!(header(&invite, "From").unwrap().starts_with("\"Bob\" <sip:300@"), "{invite}");
        assert_eq!(header(&invite, "X-Tag").as_deref(), Some("one"));
        assert!(invite.contains("m=audio"));
        rig.peer.send(&respond(&invite, "180 Ringing", "", ""));
        let session = rig.switch.session("abc").unwrap();
        until(|| session.call_state().name() == "RINGING").await;
        rig.peer.send(&respond(&invite, "200 OK", "", ANSWER));
        rig.peer.expect("ACK").await;
        let bye = rig.peer.expect("BYE").await;
        rig.peer.answer(&bye, "200 OK");
    });
    assert_eq!(answer, "+OK abc\n");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn early_media_is_enough_unless_it_is_ignored() {
    for (ignore, expected) in [("false", "+OK abc\n"), ("true", "-ERR NO_ANSWER\n")] {
        let rig = Rig::new(&[]);
        let call = format!(
            "originate {{origination_uuid=abc,originate_timeout=3,ignore_early_media={ignore}}}\
             sofia/test/200@192.0.2.2 &park()"
        );
        let (answer, ()) = tokio::join!(rig.api(&call), async {
            let invite = rig.peer.expect("INVITE").await;
            rig.peer.send(&respond(&invite, "183 Session Progress", "", ANSWER));
        });
        assert_eq!(answer, expected);
        drop(rig.api("hupall").await);
        let cancel = rig.peer.expect("CANCEL").await;
        let reason = header(&cancel, "Reason").unwrap();
        assert!(
            reason.contains(if ignore == "true" { "NO_ANSWER" } else { "MANAGER_REQUEST" }),
            "{reason}"
        );
        rig.peer.answer(&cancel, "200 OK");
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_leg_has_a_timeout_of_its_own() {
    let rig = Rig::new(&[]);
    let call = "originate [leg_timeout=2]sofia/test/200@192.0.2.2 &park()";
    let start = tokio::time::Instant::now();
    let (answer, ()) = tokio::join!(rig.api(call), async {
        let invite = rig.peer.expect("INVITE").await;
        rig.peer.send(&respond(&invite, "180 Ringing", "", ""));
        let cancel = rig.peer.expect("CANCEL").await;
        assert_eq!(header(&cancel, "Reason").unwrap(), "SIP;cause=802;text=\"ALLOTTED_TIMEOUT\"");
    });
    assert_eq!(answer, "-ERR ALLOTTED_TIMEOUT\n");
    assert_eq!(start.elapsed().as_secs(), 2);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn the_first_to_answer_wins_and_the_next_group_is_tried() {
    let rig = Rig::new(&[]);
    let call = "originate error/USER_BUSY|sofia/test/1@192.0.2.2,sofia/test/2@192.0.2.2 &park()";
    let (answer, ()) = tokio::join!(rig.api(call), async {
        let one = rig.peer.expect("INVITE sip:1@").await;
        let two = rig.peer.expect("INVITE sip:2@").await;
        rig.peer.send(&respond(&one, "180 Ringing", "", ""));
        rig.peer.send(&respond(&two, "200 OK", "", ANSWER));
        let cancel = rig.peer.expect("CANCEL sip:1@").await;
        assert!(header(&cancel, "Reason").unwrap().contains("LOSE_RACE"), "{cancel}");
    });
    assert!(answer.starts_with("+OK "), "{answer}");
    until(|| rig.switch.sessions().len() == 1).await;
    drop(rig.api("hupall").await);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_our_codec_is_hung_up() {
    let rig = Rig::new(&[]);
    let (answer, ()) = tokio::join!(rig.api("originate sofia/test/2@192.0.2.2 &park()"), async {
        let invite = rig.peer.expect("INVITE").await;
        rig.peer.send(&respond(&invite, "200 OK", "", crate::rig::G729));
        rig.peer.expect("ACK").await;
        let bye = rig.peer.expect("BYE").await;
        assert_eq!(
            header(&bye, "Reason").unwrap(),
            "Q.850;cause=88;text=\"INCOMPATIBLE_DESTINATION\""
        );
    });
    assert_eq!(answer, "-ERR INCOMPATIBLE_DESTINATION\n");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_killed_leg_answers_originate() {
    let rig = Rig::new(&[]);
    let call = "originate {origination_uuid=abc}sofia/test/2@192.0.2.2 &park()";
    let (answer, ()) = tokio::join!(rig.api(call), async {
        let invite = rig.peer.expect("INVITE").await;
        rig.peer.send(&respond(&invite, "180 Ringing", "", ""));
        rig.api("uuid_kill abc PICKED_OFF").await;
        let cancel = rig.peer.expect("CANCEL").await;
        assert!(header(&cancel, "Reason").unwrap().contains("Call completed elsewhere"));
    });
    assert_eq!(answer, "-ERR PICKED_OFF\n");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_called_is_said_at_once() {
    let rig = Rig::new(&[]);
    for (dial, expected) in [
        ("nosuch/x &park", "-ERR CHAN_NOT_IMPLEMENTED\n"),
        ("user/9999 &park", "-ERR SUBSCRIBER_ABSENT\n"),
        ("sofia/nosuch/x &park", "-ERR INVALID_PROFILE\n"),
        ("sofia/gateway/nosuch/1 &park", "-ERR INVALID_GATEWAY\n"),
        ("sofia/test/ &park", "-ERR USER_NOT_REGISTERED\n"),
        ("error/USER_BUSY &park", "-ERR USER_BUSY\n"),
        ("error/486 &park", "-ERR UNKNOWN\n"),
        ("error/nosuch &park", "-ERR NORMAL_CLEARING\n"),
        ("{x=y sofia/test/busy@192.0.2.2 &park", "-ERR DESTINATION_OUT_OF_ORDER\n"),
        ("{sip_h_Via=x}sofia/test/1@192.0.2.2 &park", "-ERR INVALID_MSG_UNSPECIFIED\n"),
    ] {
        assert_eq!(rig.api(&format!("originate {dial}")).await, expected, "{dial}");
    }
    assert!(rig.api("originate").await.starts_with("-USAGE: <call url>"));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_answers_at_all() {
    let rig = Rig::new(&[]);
    let answer =
        soon(rig.api("originate {originate_timeout=60}sofia/test/1@192.0.2.77 &park()")).await;
    assert_eq!(answer, "-ERR RECOVERY_ON_TIMER_EXPIRE\n");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_uuid_is_taken_once() {
    let rig = Rig::new(&[]);
    assert_eq!(rig.api("originate {origination_uuid=u1}null/x &park()").await, "+OK u1\n");
    let again = rig.api("originate {origination_uuid=u1}null/x &park()").await;
    assert_eq!(again, "-ERR DESTINATION_OUT_OF_ORDER\n");
    let session = rig.switch.session("u1").unwrap();
    assert!(session.ready());
    rig.api("uuid_kill u1").await;
    assert_eq!(cause(&session).await.name(), "NORMAL_CLEARING");
    rig.empty().await;
}
