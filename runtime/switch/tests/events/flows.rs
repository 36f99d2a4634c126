//! What the phone and the operator did in each recorded flow.

use std::time::Duration;

use crate::rig::{Dialog, OFFER, Peer, Rig, configuration, extensions, respond, until};

/// The extensions that the flows call, as they were when they were recorded.
const EXTENSIONS: &[(&str, &str)] = &[
    ("park", "answer\npark"),
    (
        "g_ivr",
        "set dtmf_type=info\nanswer\nset golden_v=one two\nplayback tone_stream://%(1000,0,440)\n\
         read 2 4 silence_stream://3000 digits 3000 #\nlog NOTICE digits=${digits}\n\
         record RECORDINGS/g_ivr.wav 1\nhangup",
    ),
    (
        "g_recsess",
        "answer\nrecord_session RECORDINGS/g_recsess.wav\nsleep 600\n\
         stop_record_session RECORDINGS/g_recsess.wav\nhangup NORMAL_CLEARING",
    ),
    (
        "g_early",
        "ring_ready\nsleep 100\npre_answer\nsleep 100\nanswer\n\
         event Event-Name=CUSTOM,Event-Subclass=golden::ev,foo=bar\nhangup USER_BUSY",
    ),
    ("g_reject", "respond 486"),
    ("g_tone", "answer\nplayback silence_stream://-1"),
    (
        "g_pagdto",
        "answer\nplay_and_get_digits 1 2 2 500 # tone_stream://%(100,0,440) \
         tone_stream://%(100,0,880) dg [0-5]\nhangup NORMAL_TEMPORARY_FAILURE",
    ),
    (
        "g_hook",
        "set api_hangup_hook=echo bye ${uuid}\nset execute_on_answer=set x=y\nanswer\n\
         export e1=v1\nunset x\nsched_hangup +1 ALLOTTED_TIMEOUT\nsleep 3000",
    ),
    (
        "g_bridge_(.+)",
        "set hangup_after_bridge=true\nbridge {golden_b=bee}sofia/test/$1@192.0.2.2\n\
         log NOTICE after bridge",
    ),
    ("g_fork", "bridge sofia/test/busy@192.0.2.2,sofia/test/ans@192.0.2.2"),
    ("g_seq", "bridge sofia/test/busy@192.0.2.2|sofia/test/ans@192.0.2.2"),
    ("g_xfer", "answer\ntransfer g_reject XML public"),
    ("g_badapp", "answer\nnosuchapp x\nhangup"),
];

/// A server with these extensions; what is recorded goes into `recordings`.
pub(super) fn rig(recordings: &str) -> Rig {
    let list: Vec<(&str, String)> = EXTENSIONS
        .iter()
        .map(|(number, actions)| (*number, actions.replace("RECORDINGS", recordings)))
        .collect();
    let list: Vec<(&str, &str)> =
        list.iter().map(|(number, actions)| (*number, actions.as_str())).collect();
    let context = extensions(&list);
    let public = context.replace("name=\"default\"", "name=\"public\"");
    Rig::with(configuration(&format!("{context}{public}")))
}

/// Does what was done; false for a flow that is not run here.
pub(super) async fn drive(rig: &Rig, flow: &str, recordings: &str) -> bool {
    match flow {
        "app_transfer" => up_to_the_end(rig, "g_xfer").await,
        "bad_app" => up_to_the_end(rig, "g_badapp").await,
        "noroute" => refused(rig, "nosuch").await,
        "respond_486" => refused(rig, "g_reject").await,
        "early_answer_event" => up_to_the_end(rig, "g_early").await,
        "record_session" => up_to_the_end(rig, "g_recsess").await,
        "pagd_timeout" => up_to_the_end(rig, "g_pagdto").await,
        "hooks_sched_hangup" => up_to_the_end(rig, "g_hook").await,
        "ivr_info" => {
            let dialog = rig.peer.call_up("g_ivr").await;
            wait(1200).await;
            for key in ["1", "2", "#"] {
                let body = format!("Signal={key}\r\nDuration=160\r\n");
                rig.peer.send(&dialog.info("application/dtmf-relay", &body));
                rig.peer.expect("SIP/2.0 200").await;
                wait(50).await;
            }
            bye_of_ours(rig).await;
        }
        "bye_during_playback" => {
            let dialog = rig.peer.call_up("g_tone").await;
            wait(500).await;
            rig.peer.send(&dialog.bye(""));
        }
        "bye_with_reason" => {
            let dialog = parked(rig).await;
            rig.peer.send(&dialog.bye("Reason: Q.850;cause=17;text=\"x\""));
        }
        "park_caller_bye" => {
            let dialog = parked(rig).await;
            rig.peer.send(&dialog.bye(""));
        }
        "caller_hold_reinvite" => {
            let dialog = parked(rig).await;
            for (version, direction) in [("1 2 IN", "sendonly"), ("1 3 IN", "sendrecv")] {
                let body = OFFER.replace("1 1 IN", version) + &format!("a={direction}\r\n");
                rig.peer.send(&dialog.reinvite(&body));
                let response = rig.peer.expect("SIP/2.0 200").await;
                rig.peer.send(&dialog.ack(&response));
                wait(100).await;
            }
            rig.peer.send(&dialog.bye(""));
        }
        "uuid_break" => {
            rig.peer.call_up("g_tone").await;
            commands(rig, &["uuid_break A"]).await;
            bye_of_ours(rig).await;
        }
        "uuid_broadcast" => {
            parked(rig).await;
            commands(rig, &["uuid_broadcast A tone_stream://%(200,0,440) aleg"]).await;
            wait(500).await;
            commands(rig, &["uuid_kill A"]).await;
        }
        "uuid_dtmf" => {
            parked(rig).await;
            commands(rig, &["uuid_send_dtmf A 12#", "uuid_recv_dtmf A 34", "uuid_kill A"]).await;
        }
        "uuid_hold" => {
            parked(rig).await;
            commands(rig, &["uuid_hold A", "uuid_hold off A", "uuid_kill A"]).await;
        }
        "uuid_record" => {
            parked(rig).await;
            let start = format!("uuid_record A start {recordings}/g_u.wav");
            let stop = format!("uuid_record A stop {recordings}/g_u.wav");
            commands(rig, &[&start]).await;
            wait(300).await;
            commands(rig, &[&stop, "uuid_kill A"]).await;
        }
        "uuid_transfer" => {
            parked(rig).await;
            commands(rig, &["uuid_transfer A g_reject XML public"]).await;
            bye_of_ours(rig).await;
        }
        "session_heartbeat" => {
            parked(rig).await;
            commands(rig, &["uuid_session_heartbeat A 1"]).await;
            wait(2500).await;
            commands(rig, &["uuid_kill A"]).await;
        }
        "originate_park" => {
            let uuid = "{origination_uuid=11111111-2222-3333-4444-555555555555,\
                        origination_caller_id_number=777}";
            originate(rig, &format!("{uuid}sofia/test/ans"), "&park", &["180 Ringing", "200 OK"])
                .await;
            wait(100).await;
            commands(rig, &["uuid_kill A"]).await;
        }
        "originate_ext" => {
            originate(rig, "sofia/test/direct", "g_early XML public", &["200 OK"]).await;
            bye_of_ours(rig).await;
        }
        "bridge_caller_bye" => bridged(rig, "ans", &["180 Ringing", "200 OK"], true).await,
        "bridge_callee_bye" => bridged(rig, "ans", &["180 Ringing", "200 OK"], false).await,
        "bridge_no_provisional" => bridged(rig, "direct", &["200 OK"], true).await,
        "bridge_early_media" => {
            bridged(rig, "early1", &["183 Session Progress", "200 OK"], true).await;
        }
        "bridge_busy" => not_bridged(rig, "busy", "486 Busy Here").await,
        "bridge_notfound" => not_bridged(rig, "nf", "404 Not Found").await,
        "bridge_cancel" => {
            let dialog = Dialog::new("g_bridge_noans");
            rig.peer.send(&dialog.invite(OFFER));
            let invite = rig.peer.expect("INVITE").await;
            rig.peer.send(&respond(&invite, "180 Ringing", "", ""));
            wait(300).await;
            rig.peer.send(&dialog.cancel(""));
            let cancel = rig.peer.expect("CANCEL").await;
            rig.peer.answer(&cancel, "200 OK");
            rig.peer.send(&respond(&invite, "487 Request Terminated", "", ""));
            ack(&rig.peer).await;
        }
        "originate_noanswer" => {
            let dial = "{originate_timeout=2}sofia/test/noans@192.0.2.2 &park";
            let answers = async {
                let invite = rig.peer.expect("INVITE").await;
                wait(100).await;
                rig.peer.send(&respond(&invite, "180 Ringing", "", ""));
                let cancel = rig.peer.expect("CANCEL").await;
                rig.peer.answer(&cancel, "200 OK");
                rig.peer.send(&respond(&invite, "487 Request Terminated", "", ""));
                ack(&rig.peer).await;
            };
            let line = format!("originate {dial}");
            tokio::join!(rig.api(&line), answers);
        }
        "seq_busy_then_answer" => {
            let mut dialog = Dialog::new("g_seq");
            rig.peer.send(&dialog.invite(OFFER));
            let first = rig.peer.expect("INVITE").await;
            rig.peer.send(&respond(&first, "486 Busy Here", "", ""));
            ack(&rig.peer).await;
            let second = rig.peer.expect("INVITE").await;
            answered_after(rig, &second, &mut dialog).await;
        }
        "fork_busy_and_answer" => {
            let mut dialog = Dialog::new("g_fork");
            rig.peer.send(&dialog.invite(OFFER));
            let first = rig.peer.expect("INVITE").await;
            let second = rig.peer.expect("INVITE").await;
            rig.peer.send(&respond(&first, "486 Busy Here", "", ""));
            ack(&rig.peer).await;
            answered_after(rig, &second, &mut dialog).await;
        }
        "originate_busy" => originate(rig, "sofia/test/busy", "&park", &["486 Busy Here"]).await,
        "api_events" => {
            for line in ["echo x", "nosuch", "global_setvar g_x=1", "global_setvar g_x="] {
                let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
                let _ = rig.switch.command(name, arguments, None).await;
            }
        }
        "sched" => {
            commands(rig, &["sched_api +1 grp echo hi", "sched_api +30 g2 echo hi"]).await;
            wait(1500).await;
            commands(rig, &["sched_del g2", "sched_del nosuch"]).await;
        }
        "heartbeat" => {
            let _ = rig.switch.beat(20);
            wait(21_000).await;
            rig.switch.unschedule_group("core");
        }
        _ => return false,
    }
    true
}

async fn wait(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// A call that is answered and hung up by the server.
async fn up_to_the_end(rig: &Rig, number: &str) {
    rig.peer.call_up(number).await;
    bye_of_ours(rig).await;
}

async fn bye_of_ours(rig: &Rig) {
    let bye = rig.peer.expect("BYE").await;
    rig.peer.answer(&bye, "200 OK");
}

/// A call that is refused.
async fn refused(rig: &Rig, number: &str) {
    let dialog = Dialog::new(number);
    rig.peer.send(&dialog.invite(OFFER));
    rig.peer.final_response(&dialog).await;
}

/// A call that is answered and parked.
async fn parked(rig: &Rig) -> Dialog {
    let dialog = rig.peer.call_up("park").await;
    let session = rig.only().await;
    until(|| session.variable("current_application").as_deref() == Some("park")).await;
    wait(100).await;
    dialog
}

/// Runs commands; `A` is the one call.
async fn commands(rig: &Rig, lines: &[&str]) {
    let uuid = rig.switch.sessions().first().map(|session| session.uuid().to_string());
    for line in lines {
        let line = line.replace(" A", &format!(" {}", uuid.as_deref().unwrap_or("none")));
        let answer = rig.api(&line).await;
        assert!(!answer.starts_with("-"), "{line}: {answer}");
        wait(50).await;
    }
}

/// `originate`, and what the peer answers, 100 ms after each other.
async fn originate(rig: &Rig, dial: &str, plan: &str, statuses: &[&str]) {
    let line = format!("originate {dial}@192.0.2.2 {plan}");
    let answers = async {
        let invite = rig.peer.expect("INVITE").await;
        for status in statuses {
            wait(100).await;
            let body = if status.starts_with("200") { OFFER } else { "" };
            rig.peer.send(&respond(&invite, status, "", body));
        }
        ack(&rig.peer).await;
    };
    tokio::join!(rig.api(&line), answers);
}

/// A call that is bridged to another one; who hangs up after a while.
async fn bridged(rig: &Rig, user: &str, statuses: &[&str], caller: bool) {
    let mut dialog = Dialog::new(&format!("g_bridge_{user}"));
    rig.peer.send(&dialog.invite(OFFER));
    let invite = rig.peer.expect("INVITE").await;
    for status in statuses {
        wait(100).await;
        let body = if status.starts_with("180") { "" } else { OFFER };
        rig.peer.send(&respond(&invite, status, "", body));
    }
    connected(rig, &mut dialog).await;
    wait(800).await;
    if caller {
        rig.peer.send(&dialog.bye(""));
        bye_of_ours(rig).await;
    } else {
        rig.peer.send(&bye(&invite));
        bye_of_ours(rig).await;
    }
}

/// Both legs are answered.
async fn connected(rig: &Rig, dialog: &mut Dialog) {
    // The ACK of the one leg and the 200 of the other may come in any order.
    let (mut acknowledged, mut answered) = (false, false);
    while !(acknowledged && answered) {
        let message = rig.peer.hear().await;
        if message.starts_with("ACK") {
            acknowledged = true;
        } else if message.starts_with("SIP/2.0 200") {
            dialog.to = crate::rig::header(&message, "To").unwrap();
            rig.peer.send(&dialog.ack(&message));
            answered = true;
        }
    }
}

/// The leg rings and is answered; the caller hangs up after a while.
async fn answered_after(rig: &Rig, invite: &str, dialog: &mut Dialog) {
    for (status, body) in [("180 Ringing", ""), ("200 OK", OFFER)] {
        wait(100).await;
        rig.peer.send(&respond(invite, status, "", body));
    }
    connected(rig, dialog).await;
    wait(800).await;
    rig.peer.send(&dialog.bye(""));
    bye_of_ours(rig).await;
}

/// A BYE of the callee, made of the INVITE that it was called with.
fn bye(invite: &str) -> String {
    let of = |name: &str| crate::rig::header(invite, name).unwrap();
    let contact = of("Contact");
    let uri = contact.trim_start_matches('<').split('>').next().unwrap();
    format!(
        "BYE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKtheirbye;rport\r\n\
         Max-Forwards: 70\r\nFrom: {};tag=theirs\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 BYE\r\n\
         Content-Length: 0\r\n\r\n",
        of("To"),
        of("From"),
        of("Call-ID")
    )
}

/// A call that is to be bridged to one that refuses.
async fn not_bridged(rig: &Rig, user: &str, status: &str) {
    let dialog = Dialog::new(&format!("g_bridge_{user}"));
    rig.peer.send(&dialog.invite(OFFER));
    let invite = rig.peer.expect("INVITE").await;
    rig.peer.send(&respond(&invite, status, "", ""));
    ack(&rig.peer).await;
    rig.peer.final_response(&dialog).await;
}

async fn ack(peer: &Peer) {
    peer.expect("ACK").await;
}
