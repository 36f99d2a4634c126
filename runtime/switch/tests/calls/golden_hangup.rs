//! The recorded endings of calls, over SIP: what is refused with what, Reason headers both ways.

use std::time::Duration;

use ringfence_switch::Session;
use ringfence_switch::event::EventName;
use serde_json::{Value, json};

use crate::rig::{Dialog, OFFER, Rig, cause, header, respond};
use crate::support::{Report, cases};

fn variable(session: &Session, name: &str) -> Value {
    session.variable(name).map_or(Value::Null, Value::String)
}

fn reason(message: &str) -> Value {
    header(message, "Reason").map_or(Value::Null, |value| json!([value]))
}

/// The provisional responses without 100, which our stack sends only when nothing else was said for
/// 200 ms (RFC 3261 §17.2.1).
fn without_trying(out: &Value) -> Value {
    let mut out = out.clone();
    if let Some(statuses) = out["provisional"].as_array_mut() {
        statuses.retain(|status| *status != 100);
    }
    out
}

/// Keeps of what was recorded what a case of this kind is compared by.
fn only(out: &Value, keys: &[&str]) -> String {
    let out = without_trying(out);
    let kept = keys.iter().map(|key| ((*key).to_owned(), out[*key].clone()));
    Value::Object(kept.collect()).to_string()
}

async fn refused(actions: &str) -> Value {
    let rig = Rig::new(&[("5000", actions)]);
    let dialog = Dialog::new("5000");
    let mut events = rig.listen(&[EventName::ChannelHangupComplete]);
    rig.peer.send(&dialog.invite(OFFER));
    let (response, provisional) = rig.peer.final_response(&dialog).await;
    let bye = if response.starts_with("SIP/2.0 200") {
        let bye = rig.peer.expect("BYE").await;
        rig.peer.answer(&bye, "200 OK");
        Some(bye)
    } else {
        None
    };
    let event = crate::rig::soon(events.next()).await.event;
    let of = |name: &str| event.header(name).map(|value| value.into_owned());
    json!({
        "hangup_cause": of("Hangup-Cause"),
        "q850": of("variable_hangup_cause_q850"),
        "disposition": of("variable_sip_hangup_disposition"),
        "final": response.lines().next().unwrap().trim_start_matches("SIP/2.0 "),
        "provisional": provisional,
        "reason": reason(&response),
        "bye_reason": bye.as_deref().map_or(Value::Null, reason),
    })
}

#[tokio::test(start_paused = true)]
async fn calls_that_come_end_as_recorded() {
    let mut report = Report::default();
    for case in cases("hangup.jsonl") {
        let input = &case["in"];
        if input["dir"] != "inbound" {
            continue;
        }
        if let Some(cause) = input["hangup"].as_str() {
            let (before, keys): (_, &[&str]) = match input["when"].as_str() {
                Some("in early media") => ("pre_answer", &["reason"]),
                Some("after answer") => ("answer\nsleep 100", &["bye_reason"]),
                _ => ("", &["reason"]),
            };
            let seen = refused(&format!("{before}\nhangup {cause}")).await;
            let keys =
                [&["hangup_cause", "q850", "disposition", "final", "provisional"], keys].concat();
            report.case(&case, &only(&seen, &keys), &only(&case["out"], &keys));
        } else if let Some(respond) = input["respond"].as_str() {
            let seen = refused(&format!("respond {respond}")).await;
            // A Contact is sent only when one was given; FreeSWITCH makes one up of the status.
            let keys = ["hangup_cause", "q850", "final", "provisional", "reason"];
            report.case(&case, &only(&seen, &keys), &only(&case["out"], &keys));
        } else if let Some(line) = input["bye_header"].as_str() {
            let seen =
                ended_by_the_caller(|rig, dialog| rig.peer.send(&dialog.bye(line)), true).await;
            let keys = ["hangup_cause", "q850", "proto_specific", "disposition"];
            report.case(&case, &only(&seen, &keys), &only(&case["out"], &keys));
        } else if let Some(line) = input["cancel_header"].as_str() {
            let seen =
                ended_by_the_caller(|rig, dialog| rig.peer.send(&dialog.cancel(line)), false).await;
            let keys = ["hangup_cause", "q850", "proto_specific", "disposition"];
            report.case(&case, &only(&seen, &keys), &only(&case["out"], &keys));
        }
    }
    report.finish(180);
}

async fn ended_by_the_caller(end: impl Fn(&Rig, &Dialog), answered: bool) -> Value {
    let rig = Rig::new(&[("5000", if answered { "answer\npark" } else { "park" })]);
    let dialog = if answered {
        rig.peer.call_up("5000").await
    } else {
        let dialog = Dialog::new("5000");
        rig.peer.send(&dialog.invite(OFFER));
        dialog
    };
    let session = rig.only().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    end(&rig, &dialog);
    let cause = cause(&session).await;
    json!({
        "hangup_cause": cause.name(),
        "q850": variable(&session, "hangup_cause_q850"),
        "proto_specific": variable(&session, "proto_specific_hangup_cause"),
        "disposition": variable(&session, "sip_hangup_disposition"),
    })
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_refused_end_as_recorded() {
    let mut report = Report::default();
    for case in cases("hangup.jsonl") {
        let Some(status) = case["in"]["status"].as_u64() else { continue };
        // Redirections are not followed yet: the 3xx ends the call.
        if (300..400).contains(&status) {
            report.skip();
            continue;
        }
        let rig = Rig::new(&[]);
        let line = case["in"]["header"].as_str().unwrap_or_default().to_owned();
        let (answer, session) = tokio::join!(
            rig.api("originate {origination_uuid=U}sofia/test/1@192.0.2.2 &park()"),
            async {
                let invite = rig.peer.expect("INVITE").await;
                let session = rig.switch.session("U").unwrap();
                if !case["in"]["after"].is_null() {
                    rig.peer.send(&respond(&invite, "180 Ringing", "", ""));
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                rig.peer.send(&respond(&invite, &format!("{status} No"), &line, ""));
                session
            }
        );
        let cause = cause(&session).await;
        let seen = json!({
            "originate": answer,
            "hangup_cause": cause.name(),
            "q850": variable(&session, "hangup_cause_q850"),
            "proto_specific": variable(&session, "proto_specific_hangup_cause"),
            "sip_term_status": variable(&session, "sip_term_status"),
            "sip_term_cause": variable(&session, "sip_term_cause"),
            "disposition": variable(&session, "sip_hangup_disposition"),
        });
        let keys = [
            "originate",
            "hangup_cause",
            "q850",
            "proto_specific",
            "sip_term_status",
            "sip_term_cause",
            "disposition",
        ];
        report.case(&case, &only(&seen, &keys), &only(&case["out"], &keys));
    }
    report.finish(60);
}

/// `originate null/x &hangup(…)`: how the application reads its cause.
#[tokio::test(start_paused = true)]
async fn causes_are_read_as_recorded() {
    let mut report = Report::default();
    for case in cases("hangup.jsonl") {
        let (Some(text), true) = (case["in"]["hangup"].as_str(), case["in"]["dir"] == "none")
        else {
            continue;
        };
        let rig = Rig::new(&[]);
        let answer =
            rig.api(&format!("originate {{origination_uuid=U}}null/x '&hangup({text})'")).await;
        assert_eq!(answer, "+OK U\n");
        rig.empty().await;
        let causes = rig.switch.statistics().causes;
        let expected = case["out"]["hangup_cause"].as_str().unwrap();
        report.case(&case, causes[0].0.name(), expected);
    }
    report.finish(100);
}
