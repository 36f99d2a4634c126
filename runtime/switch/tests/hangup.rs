//! Recorded hangup causes: names, numbers, SIP status both ways, Reason headers.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod support;

use ringfence_switch::cause::Cause;
use serde_json::Value;
use support::{Report, cases};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The answer to an INVITE that is hung up before it is answered, and what the BYE says after.
#[test]
fn causes_become_sip() {
    let mut report = Report::default();
    for case in cases("hangup.jsonl") {
        let Some(hangup) = case["in"]["hangup"].as_str() else { continue };
        let cause = Cause::parse(hangup);
        let out = &case["out"];
        let named = format!("{} {}", cause.name(), cause.q850());
        let expected = format!("{} {}", text(&out["hangup_cause"]), text(&out["q850"]));
        report.part(&case, &named, &expected);
        if case["in"]["dir"] != "inbound" {
            continue;
        }
        let reason = out["reason"].as_array().or(out["bye_reason"].as_array()).unwrap();
        report.part(&case, &cause.reason(), &text(&reason[0]));
        if case["in"]["when"] != "after answer" {
            let status = text(&out["final"]);
            let status = status.split(' ').next().unwrap();
            report.part(&case, &cause.sip_status().to_string(), status);
        }
    }
    report.finish(400);
}

/// The cause of a call that the far end refused, cancelled or ended.
#[test]
fn sip_becomes_causes() {
    let mut report = Report::default();
    for case in cases("hangup.jsonl") {
        let input = &case["in"];
        let status = input["status"].as_u64().filter(|status| *status >= 400);
        let header = input["header"].as_str().or(input["bye_header"].as_str()).unwrap_or_default();
        let told = header
            .lines()
            .find_map(|line| line.strip_prefix("Reason: "))
            .and_then(Cause::from_reason);
        let cause = match (status, input["bye_header"].as_str()) {
            (Some(status), _) => {
                told.unwrap_or(Cause::from_sip_status(u16::try_from(status).unwrap()))
            }
            (None, Some(_)) => told.unwrap_or(Cause::NORMAL_CLEARING),
            (None, None) => continue,
        };
        let seen = format!("{} {}", cause.name(), cause.q850());
        let out = &case["out"];
        let expected = format!("{} {}", text(&out["hangup_cause"]), text(&out["q850"]));
        report.part(&case, &seen, &expected);
    }
    report.finish(70);
}

/// `respond 486` takes its cause from the status too.
#[test]
fn respond_takes_the_cause_of_its_status() {
    let mut report = Report::default();
    for case in cases("hangup.jsonl") {
        let Some(status) =
            case["in"]["respond"].as_str().and_then(|text| text.get(..3)?.parse().ok())
        else {
            continue;
        };
        // Provisional answers and statuses that do not exist are the application's to refuse; 401 is
        // answered as a challenge.
        if !(400..700).contains(&status) || status == 401 {
            report.skip();
            continue;
        }
        report.part(
            &case,
            Cause::from_sip_status(status).name(),
            &text(&case["out"]["hangup_cause"]),
        );
    }
    report.finish(8);
}
