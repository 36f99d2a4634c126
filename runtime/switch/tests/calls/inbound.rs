//! Calls that come: what the dialplan and scripts see of them, answers, hold, keys in INFO.

use ringfence_switch::{Cause, Failure};

use crate::rig::{Dialog, G729, OFFER, Rig, cause, header, soon, until};

#[tokio::test(start_paused = true)]
async fn a_call_is_answered_plays_and_ends() {
    let rig =
        Rig::new(&[("5000", "answer\nplayback tone_stream://%(1000,0,440)\nhangup USER_BUSY")]);
    let start = tokio::time::Instant::now();
    let dialog = rig.peer.call_up("5000").await;
    let session = rig.only().await;
    assert_eq!(session.call_state().name(), "ACTIVE");
    let bye = rig.peer.expect("BYE").await;
    assert!(start.elapsed().as_millis() >= 1000, "the tone was not played");
    assert_eq!(header(&bye, "Reason").unwrap(), "Q.850;cause=17;text=\"USER_BUSY\"");
    rig.peer.answer(&bye, "200 OK");
    assert_eq!(cause(&session).await, Cause::USER_BUSY);
    assert_eq!(session.variable("sip_hangup_disposition").unwrap(), "send_bye");
    assert_eq!(session.variable("playback_ms").unwrap(), "1000");
    drop(dialog);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_script_sees_who_calls() {
    let rig = Rig::new(&[("5000", "park")]);
    rig.peer.send(&Dialog::new("5000").invite(OFFER));
    let session = rig.only().await;
    until(|| session.state().name() == "CS_EXECUTE").await;
    for (name, value) in [
        ("caller_id_name", "Alice"),
        ("caller_id_number", "1000"),
        ("destination_number", "5000"),
        ("network_addr", "192.0.2.2"),
        ("context", "default"),
        ("sip_from_user", "1000"),
        ("sip_from_host", "192.0.2.2"),
        ("sip_to_user", "5000"),
        ("sip_req_user", "5000"),
        ("sip_req_uri", "5000@192.0.2.1"),
        ("sip_call_id", "call"),
        ("sip_h_X-Color", "blue"),
        ("sip_via_protocol", "udp"),
        ("sip_network_port", "5060"),
        ("direction", "inbound"),
        ("sofia_profile_name", "test"),
        ("max_forwards", "70"),
    ] {
        assert_eq!(session.variable(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(session.name(), "sofia/test/1000@192.0.2.2");
    assert!(!session.answered() && !session.media_ready() && session.ready());
    session.hangup(Cause::NORMAL_CLEARING);
    assert!(!session.ready());
    assert_eq!(session.set_variable("after", Some("works")), Ok(()));
    assert_eq!(session.variable("after").as_deref(), Some("works"));
    assert!(matches!(session.answer().await, Err(Failure::Hangup(Cause::NORMAL_CLEARING))));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn no_common_codec_is_488() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(G729));
    let (response, _) = rig.peer.final_response(&dialog).await;
    assert!(response.starts_with("SIP/2.0 488"), "{response}");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn an_offer_that_is_no_sdp_is_400() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite("hello"));
    let (response, _) = rig.peer.final_response(&dialog).await;
    assert!(response.starts_with("SIP/2.0 400"), "{response}");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_delayed_offer_is_answered_in_the_ack() {
    let rig = Rig::new(&[("5000", "answer\nset before=ready\npark")]);
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(""));
    let response = rig.peer.expect("SIP/2.0 200").await;
    assert!(response.contains("m=audio"), "our offer is missing: {response}");
    let session = rig.only().await;
    assert!(!session.media_ready());
    assert_eq!(session.variable("before"), None, "answer came back before there was media");
    let ack = dialog.ack(&response).replace(
        "Content-Length: 0\r\n\r\n",
        &format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{OFFER}", OFFER.len()),
    );
    rig.peer.send(&ack);
    until(|| session.variable("before").is_some()).await;
    assert!(session.media_ready());
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn an_ack_without_the_answer_ends_the_call() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(""));
    let response = rig.peer.expect("SIP/2.0 200").await;
    let session = rig.only().await;
    rig.peer.send(&dialog.ack(&response));
    let bye = rig.peer.expect("BYE").await;
    rig.peer.answer(&bye, "200 OK");
    assert_eq!(cause(&session).await, Cause::INCOMPATIBLE_DESTINATION);
}

#[tokio::test(start_paused = true)]
async fn ringing_and_early_media_are_told_once() {
    let rig = Rig::new(&[(
        "5000",
        "ring_ready\nring_ready\npre_answer\npre_answer\nanswer\nanswer\npark",
    )]);
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(OFFER));
    let (response, provisional) = rig.peer.final_response(&dialog).await;
    assert!(response.starts_with("SIP/2.0 200"));
    assert_eq!(
        provisional.iter().filter(|status| **status != 100).collect::<Vec<_>>(),
        [&180, &183]
    );
    rig.only().await.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn an_application_that_needs_media_opens_it() {
    let rig = Rig::new(&[("5000", "playback silence_stream://100\nhangup")]);
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(OFFER));
    let (response, provisional) = rig.peer.final_response(&dialog).await;
    assert!(response.starts_with("SIP/2.0 480"), "{response}");
    assert!(provisional.contains(&183));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn hold_and_resume_are_answered_and_told() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let dialog = rig.peer.call_up("5000").await;
    let session = rig.only().await;
    let hold = format!("{OFFER}a=sendonly\r\n").replace("1 1 IN", "1 2 IN");
    rig.peer.send(&dialog.reinvite(&hold));
    let response = rig.peer.expect("SIP/2.0 200").await;
    assert!(response.contains("a=recvonly"), "{response}");
    rig.peer.send(&dialog.ack(&response));
    until(|| session.call_state().name() == "HELD").await;
    let resume = OFFER.replace("1 1 IN", "1 3 IN");
    rig.peer.send(&dialog.reinvite(&resume));
    let response = rig.peer.expect("SIP/2.0 200").await;
    rig.peer.send(&dialog.ack(&response));
    until(|| session.call_state().name() == "UNHELD").await;
    // A codec that we do not have is refused, and the call stays as it was.
    rig.peer.send(&dialog.reinvite(G729));
    rig.peer.expect("SIP/2.0 488").await;
    assert!(session.ready());
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn hold_and_resume_in_the_ack_of_an_offer_of_ours() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let dialog = rig.peer.call_up("5000").await;
    let session = rig.only().await;
    for (answer, state) in [(format!("{OFFER}a=inactive\r\n"), "HELD"), (OFFER.into(), "UNHELD")] {
        rig.peer.send(&dialog.reinvite(""));
        let response = rig.peer.expect("SIP/2.0 200").await;
        assert!(response.contains("a=sendrecv"), "{response}");
        let body = format!(
            "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        rig.peer.send(&dialog.ack(&response).replace("Content-Length: 0\r\n\r\n", &body));
        until(|| session.call_state().name() == state).await;
    }
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn keys_come_in_info() {
    let rig = Rig::new(&[("5000", "answer\nread 1 4 silence_stream://10 got 5000 #\npark")]);
    let dialog = rig.peer.call_up("5000").await;
    let session = rig.only().await;
    rig.peer.send(&dialog.info("application/dtmf-relay", "Signal=4\r\nDuration=160\r\n"));
    rig.peer.expect("SIP/2.0 200").await;
    rig.peer.send(&dialog.info("application/dtmf", "2"));
    rig.peer.expect("SIP/2.0 200").await;
    rig.peer.send(&dialog.info("application/dtmf-relay", "Signal=#\r\n"));
    until(|| session.variable("got").is_some()).await;
    assert_eq!(session.variable("got").as_deref(), Some("42"));
    assert_eq!(session.variable("read_terminator_used").as_deref(), Some("#"));
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn an_ack_that_never_comes_ends_the_call() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    rig.peer.send(&Dialog::new("5000").invite(OFFER));
    let session = rig.only().await;
    soon(session.ended()).await;
    assert_eq!(cause(&session).await, Cause::RECOVERY_ON_TIMER_EXPIRE);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_number_and_an_unknown_application_are_told() {
    let rig = Rig::new(&[("5000", "nosuchapp x")]);
    for (number, status) in [("4999", "404"), ("5000", "502")] {
        let dialog = Dialog::new(number);
        let invite = dialog.invite(OFFER).replace("Call-ID: call", &format!("Call-ID: {number}"));
        rig.peer.send(&invite.replace("INVITE1", &format!("INVITE{number}")));
        let response = rig.peer.expect(&format!("SIP/2.0 {status}")).await;
        assert!(response.contains(number));
        rig.empty().await;
    }
}

/// Media reports silence after 60 s; the profile allows 600 s.
#[tokio::test(start_paused = true)]
async fn a_call_without_any_audio_ends_at_its_limit() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let start = tokio::time::Instant::now();
    let _dialog = rig.peer.call_up("5000").await;
    let session = rig.only().await;
    assert_eq!(cause(&session).await, Cause::MEDIA_TIMEOUT);
    let seconds = start.elapsed().as_secs();
    assert!((599..=601).contains(&seconds), "{seconds}");
    rig.empty().await;
}

/// A caller cannot fill a call's variables with headers.
#[tokio::test(start_paused = true)]
async fn headers_that_become_variables_are_bounded() {
    let rig = Rig::new(&[("5000", "park")]);
    let many: String = (0..100).map(|number| format!("X-{number}: v\r\n")).collect();
    let invite = Dialog::new("5000").invite(OFFER).replace("X-Color: blue\r\n", &many);
    rig.peer.send(&invite);
    let session = rig.only().await;
    assert_eq!(session.variable("sip_h_X-63").as_deref(), Some("v"));
    assert_eq!(session.variable("sip_h_X-64"), None);
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}
