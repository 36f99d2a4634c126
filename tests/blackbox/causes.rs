//! tests/corpus/hangup.jsonl: which status and Reason a cause becomes on the wire, and back, as a
//! FreeSWITCH 1.11 did it. A case with a `deviation` is not run; docs/compatibility.md says why.

use std::collections::HashMap;
use std::fmt::Write as _;

use ringfence_tests::message::Message;
use ringfence_tests::{Caller, Peer, Server};
use serde_json::Value;

/// The cases whose `in` has this key.
fn cases(key: &str) -> Vec<Value> {
    let path = ringfence_tests::binary::repository().join("tests/corpus/hangup.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let cases = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    cases.filter(|case| !case["in"][key].is_null() && case["deviation"].is_null()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What is compared: the status line, and the Reason headers.
fn seen(message: &Message, expected: &Value) -> (String, Vec<String>) {
    let first = message.first.trim_start_matches("SIP/2.0 ").to_owned();
    let reasons = if expected.is_null() {
        Vec::new()
    } else {
        message.headers("reason").map(str::to_owned).collect()
    };
    (first, reasons)
}

fn reasons(expected: &Value) -> Vec<String> {
    expected.as_array().into_iter().flatten().map(|reason| text(reason).to_owned()).collect()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} cases differ:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_hangup_becomes_a_status_or_the_reason_of_a_bye() {
    let server = Server::start(|conf| {
        conf.extension("b_(.+)", r#"<action application="hangup" data="$1"/>"#)
            .extension(
                "e_(.+)",
                r#"<action application="pre_answer"/><action application="hangup" data="$1"/>"#,
            )
            .extension(
                "a_(.+)",
                r#"<action application="answer"/><action application="hangup" data="$1"/>"#,
            );
    });
    let mut faults = Vec::new();
    for case in cases("hangup") {
        let (cause, out) = (text(&case["in"]["hangup"]), &case["out"]);
        let mut caller = Caller::new(server.port());
        let (got, expected) = match text(&case["in"]["when"]) {
            "after answer" => {
                caller.invite(&format!("a_{cause}"));
                caller.answered();
                let bye = caller.ended();
                let (_, got) = seen(&bye, &out["bye_reason"]);
                (("200 OK".to_owned(), got), (text(&out["final"]), &out["bye_reason"]))
            }
            when @ ("before answer" | "in early media") => {
                let kind = if when == "before answer" { "b" } else { "e" };
                caller.invite(&format!("{kind}_{cause}"));
                let response = caller.refused();
                (seen(&response, &out["reason"]), (text(&out["final"]), &out["reason"]))
            }
            _ => continue,
        };
        let expected = (expected.0.to_owned(), reasons(expected.1));
        if got != expected {
            faults.push(format!("{} {}: {got:?} instead of {expected:?}", case["id"], case["in"]));
        }
    }
    report(&faults);
}

#[test]
fn respond_becomes_its_status() {
    let all = cases("respond");
    let server = Server::start(|conf| {
        for (index, case) in all.iter().enumerate() {
            let action = format!(
                r#"<action application="respond" data="{}"/>"#,
                text(&case["in"]["respond"])
            );
            conf.extension(&format!("r{index}"), &action);
        }
    });
    let mut faults = Vec::new();
    for (index, case) in all.iter().enumerate() {
        let mut caller = Caller::new(server.port());
        caller.invite(&format!("r{index}"));
        let response = caller.refused();
        let got = seen(&response, &case["out"]["reason"]);
        let expected = (text(&case["out"]["final"]).to_owned(), reasons(&case["out"]["reason"]));
        if got != expected {
            faults.push(format!("{} {}: {got:?} instead of {expected:?}", case["id"], case["in"]));
        }
    }
    report(&faults);
}

#[test]
fn the_reason_of_a_bye_becomes_the_cause() {
    let server = Server::start(|conf| {
        conf.lua(
            "7900",
            r#"session:answer()
               session:sleep(600000)
               freeswitch.consoleLog("notice", session:getVariable("caller_id_number") .. " cause: "
                   .. tostring(session:getVariable("hangup_cause")) .. "\n")"#,
        );
    });
    let mut faults = Vec::new();
    for case in cases("bye_header") {
        let before = server.log.with("cause: ").len();
        let mut caller = Caller::new(server.port());
        caller.invite("7900");
        caller.answered();
        let header = format!("{}\r\n", text(&case["in"]["bye_header"]));
        assert_eq!(caller.request("BYE", &header, "").status(), Some(200));
        let line = ringfence_tests::eventually("the cause", || {
            server.log.with("cause: ").get(before).cloned()
        });
        let expected = text(&case["out"]["hangup_cause"]);
        if !line.contains(&format!("cause: {expected}")) {
            faults.push(format!("{} {}: {line} instead of {expected}", case["id"], case["in"]));
        }
    }
    report(&faults);
}

#[test]
fn a_refusal_becomes_the_cause_of_an_originated_call() {
    let all = cases("status");
    let mut answers = HashMap::new();
    for (index, case) in all.iter().enumerate() {
        let mut lines = Vec::new();
        if let Some(after) = case["in"]["after"].as_str() {
            lines.push(format!("{after} Ringing"));
        }
        let mut last = format!("{} Refused", case["in"]["status"]);
        if let Some(header) = case["in"]["header"].as_str() {
            last = format!("{last}\r\n{header}");
        }
        lines.push(last);
        answers.insert(format!("s{index}"), lines);
    }
    let peer = Peer::start(move |user| {
        // Whoever is not in the table is the target of a redirection.
        answers.get(user).cloned().unwrap_or_else(|| vec!["486 Busy Here".to_owned()])
    });
    let server = Server::start(|conf| {
        let mut script = "session:answer()\nlocal api = freeswitch.API()\n".to_owned();
        for index in 0..all.len() {
            let _ = writeln!(
                script,
                "freeswitch.consoleLog('notice', 'case {index}: ' .. \
                 api:execute('originate', 'sofia/internal/s{index}@127.0.0.1:{} &park()'))",
                peer.port
            );
        }
        conf.lua("7901", &script);
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7901");
    caller.answered();
    let mut faults = Vec::new();
    for (index, case) in all.iter().enumerate() {
        let line = server.log.wait_for(&[&format!("case {index}: ")]);
        let expected = text(&case["out"]["originate"]).trim();
        if !line.contains(expected) {
            faults.push(format!("{} {}: {line} instead of {expected}", case["id"], case["in"]));
        }
    }
    caller.ended();
    report(&faults);
}

#[test]
fn a_cancel_ends_the_call_with_487() {
    let server = Server::start(|conf| {
        conf.lua("7902", "session:sleep(600000)")
            .lua("7903", "session:preAnswer() session:sleep(600000)");
    });
    for case in cases("cancel_header") {
        let early = text(&case["in"]["when"]).contains("early media");
        let mut caller = Caller::new(server.port());
        caller.invite(if early { "7903" } else { "7902" });
        if early {
            caller.provisional(183);
        } else {
            caller.provisional(100);
        }
        caller.cancel_with(text(&case["in"]["cancel_header"]));
        let response = caller.refused();
        assert_eq!(response.status(), Some(487), "{case}");
    }
}
