//! Recorded answers of the commands that need no call.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod support;

use std::time::{Duration, UNIX_EPOCH};

use ringfence_switch::command::global_setvar::assignment;
use ringfence_switch::command::pure::{self, Moment, PURE};
use ringfence_switch::variable::Variables;
use serde_json::Value;
use support::{Report, cases, is_free};

fn text(out: &Value) -> String {
    match out {
        Value::String(text) => text.clone(),
        Value::Object(bytes) if bytes.contains_key("hex") => {
            let hex = bytes["hex"].as_str().unwrap();
            let bytes: Vec<u8> = (0..hex.len() / 2)
                .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
                .collect();
            ringfence_text::decode(&bytes).into_owned()
        }
        other => other.to_string(),
    }
}

#[test]
fn answers_are_freeswitchs() {
    let moment =
        Moment { now: UNIX_EPOCH + Duration::from_secs(1_795_222_867), zone: chrono_tz::Tz::UTC };
    let mut report = Report::default();
    for case in cases("commands.jsonl") {
        let command = case["in"]["cmd"].as_str().unwrap();
        let (name, arguments) = command.split_once(' ').unwrap_or((command, ""));
        let known = PURE.iter().any(|pure| pure.name.eq_ignore_ascii_case(name));
        if !known || is_free(&case) {
            report.skip();
            continue;
        }
        let seen = pure::run(name, arguments, &moment).unwrap();
        report.case(&case, &seen, &text(&case["out"]));
    }
    report.finish(200);
}

#[test]
fn global_variables_are_set_in_order() {
    let mut globals = Variables::new();
    globals.set("g1", "globalone").unwrap();
    let mut report = Report::default();
    for case in cases("commands.jsonl") {
        let command = case["in"]["cmd"].as_str().unwrap();
        let (name, arguments) = command.split_once(' ').unwrap_or((command, ""));
        let seen = match name {
            "global_setvar" => match assignment(arguments.trim()) {
                None => "-USAGE: <var>=<value> [=<value2>]\n".to_owned(),
                Some(set) => {
                    let now = globals.text(&set.name).map(|value| value.into_owned());
                    if set.expected.is_none_or(|expected| now == Some(expected)) {
                        if set.value.is_empty() {
                            globals.remove(&set.name);
                        } else {
                            globals.set(&set.name, set.value).unwrap();
                        }
                    }
                    "+OK".to_owned()
                }
            },
            "global_getvar" if !arguments.is_empty() => {
                globals.text(arguments).unwrap_or_default().into_owned()
            }
            _ => continue,
        };
        report.case(&case, &seen, &text(&case["out"]));
    }
    report.finish(15);
}
