//! The events of whole calls, as FreeSWITCH told them: which, in which order, with which headers.
//!
//! tests/corpus/events.jsonl has them; docs/compatibility.md lists what differs, from the tables here.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod deviations;
mod document;
mod flows;
#[path = "../../../../tests/shared/headers.rs"]
mod headers;
mod orders;
#[path = "../calls/rig.rs"]
#[allow(dead_code, reason = "each test uses its part")]
mod rig;
#[allow(dead_code, reason = "each test uses its part")]
#[path = "../../../../tests/shared/section.rs"]
mod section;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use ringfence_switch::event::{Event, Filter};
use serde_json::Value;

use crate::headers::CORE;
use crate::rig::soon;
use crate::support::cases;

/// An event in short, and what headers it has.
#[derive(Clone, Debug)]
struct Seen {
    /// Its name (and subclass), which leg, in which state, and what is particular to it.
    line: String,
    headers: Vec<String>,
    /// Of some: the names of the variables.
    variables: Option<Vec<String>>,
}

/// Headers whose values are compared.
const VALUES: &[(&str, &str)] = &[
    ("state", "Channel-State"),
    ("call", "Channel-Call-State"),
    ("answer", "Answer-State"),
    ("app", "Application"),
    ("data", "Application-Data"),
    ("response", "Application-Response"),
    ("api", "API-Command"),
    ("argument", "API-Command-Argument"),
    ("cause", "Hangup-Cause"),
    ("digit", "DTMF-Digit"),
    ("duration", "DTMF-Duration"),
    ("source", "DTMF-Source"),
    ("path", "Playback-File-Path"),
    ("status", "Playback-Status"),
    ("path", "Record-File-Path"),
    ("task", "Task-Desc"),
    ("bug", "Media-Bug-Function"),
];

#[tokio::test(start_paused = true)]
async fn calls_tell_what_freeswitch_tells() {
    let mut failures = Vec::new();
    let mut run = 0;
    let lines = cases("events.jsonl");
    let lists = &lines[0];
    for case in &lines[1..] {
        let flow = case["flow"].as_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let recordings = folder.path().to_str().unwrap();
        let rig = flows::rig(recordings);
        let mut events = rig.switch.events().subscribe(Filter::all(), 10_000);
        if !soon(flows::drive(&rig, flow, recordings)).await {
            if !deviations::NOT_RUN.iter().any(|(_, flows)| flows.contains(&flow)) {
                failures.push(format!("{flow} is not run, and nothing says why"));
            }
            continue;
        }
        run += 1;
        rig.empty().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let theirs = theirs(case, lists);
        let mut legs = BTreeMap::new();
        let events = std::iter::from_fn(|| events.try_next());
        let ours: Vec<Seen> =
            events.map(|delivery| seen(&delivery.event, &mut legs, recordings)).collect();
        failures.extend(compare(flow, &theirs, &ours));
    }
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
    assert!(run >= 20, "only {run} flows were run");
}

/// What was recorded, without what deviates on purpose everywhere.
fn theirs(case: &Value, lists: &Value) -> Vec<Seen> {
    let list = |which: &str, event: &Value, key: &str| {
        let number = usize::try_from(event[key].as_u64()?).ok()?;
        let text = lists[which][number].as_str()?;
        Some(text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    };
    let events = case["events"].as_array().unwrap().iter();
    events
        .map(|event| {
            let text = |key: &str| event[key].as_str();
            let mut line = text("event").unwrap().to_owned();
            for key in ["subclass", "leg"] {
                line.extend(text(key).map(|text| format!(" {text}")));
            }
            for (key, header) in VALUES {
                // Both files are `path`.
                if *key == "path" && !line.starts_with(&header[..6].to_ascii_uppercase()) {
                    continue;
                }
                line.extend(text(key).map(|text| format!(" {key}={}", here(text))));
            }
            let headers = list("shapes", event, "shape").unwrap();
            let line = without_answer(line);
            Seen { line, headers, variables: list("variables", event, "variables") }
        })
        .collect()
}

/// A text of theirs with the addresses of our test.
fn here(text: &str) -> String {
    text.replace("127.0.0.1:15070", "192.0.2.2")
}

/// What we told.
fn seen(event: &Event, legs: &mut BTreeMap<String, char>, recordings: &str) -> Seen {
    let mut line = event.name().as_str().to_owned();
    line.extend(event.subclass().map(|subclass| format!(" {subclass}")));
    if let Some(uuid) = event.header("Unique-ID") {
        let next = char::from(b'a' + u8::try_from(legs.len()).unwrap());
        let leg = legs.entry(uuid.into_owned()).or_insert(next);
        line.push_str(&format!(" {leg}"));
    }
    for (key, header) in VALUES {
        if let Some(value) = event.header(header) {
            let value = value.replace(&format!("{recordings}/"), "");
            line.push_str(&format!(" {key}={}", masked(&value, legs)));
        }
    }
    let (mut headers, mut variables) = (Vec::new(), Vec::new());
    for (name, _) in event.headers().iter() {
        let name = match name.strip_prefix("variable_") {
            Some(variable) => {
                variables.push(variable.to_owned());
                "variable_*"
            }
            None if CORE.contains(&name) => "CORE",
            None => name,
        };
        if headers.last().is_none_or(|last| last != name) {
            headers.push(name.to_owned());
        }
    }
    headers.extend(event.body().map(|_| "Content-Length".to_owned()));
    let line = without_answer(line);
    Seen { line, headers, variables: Some(variables) }
}

/// Of `CODEC`, which comes with the answer, whether the call is answered already is a matter of a
/// line of code.
fn without_answer(line: String) -> String {
    if line.starts_with("CODEC") {
        line.replace(" answer=answered", "").replace(" answer=ringing", "")
    } else {
        line
    }
}

fn masked(text: &str, legs: &BTreeMap<String, char>) -> String {
    legs.keys().fold(text.to_owned(), |text, uuid| text.replace(uuid, "<uuid>"))
}

/// The events of each leg in their order, and those of none. Between legs the order is a race of
/// FreeSWITCH's threads.
fn by_leg(mut lines: Vec<String>) -> Vec<String> {
    let leg = |line: &String| {
        let words = line.split(' ').take(3);
        words.skip(1).find(|word| word.len() == 1).map(str::to_owned)
    };
    let mut legs: Vec<_> = lines.iter().filter_map(leg).collect();
    legs.sort();
    legs.dedup();
    if legs.len() > 1 {
        lines.sort_by_key(leg);
    }
    lines
}

/// What of a flow is different and on no list.
fn compare(flow: &str, theirs: &[Seen], ours: &[Seen]) -> Vec<String> {
    let mut failures = Vec::new();
    let kept = |events: &[Seen]| -> Vec<Seen> {
        events.iter().filter(|event| !deviations::apart(&event.line)).cloned().collect()
    };
    let (theirs, ours) = (kept(theirs), kept(ours));
    let lines = |events: &[Seen]| events.iter().map(|seen| seen.line.clone()).collect::<Vec<_>>();
    let (mut their_lines, our_lines) = (lines(&theirs), lines(&ours));
    let listed = deviations::adapt(flow, &mut their_lines);
    let (their_lines, our_lines) = (by_leg(their_lines), by_leg(our_lines));
    if their_lines != our_lines {
        let all = their_lines.len().max(our_lines.len());
        let different = (0..all).find(|at| their_lines.get(*at) != our_lines.get(*at));
        let at = different.unwrap_or_default();
        let near = |lines: &[String]| {
            let from = at.min(lines.len());
            lines[from..lines.len().min(at + 3)].join("\n    ")
        };
        failures.push(format!(
            "{flow}: event {at} differs\n  theirs\n    {}\n  ours\n    {}",
            near(&their_lines),
            near(&our_lines)
        ));
    } else if let Some(unused) = listed {
        failures.push(format!("{flow}: this deviation is none any more: {unused}"));
    }
    for ours in &ours {
        // Headers are looked at where the same was told.
        let listed =
            |(of, start, _): &(&str, &str, &str)| *of == flow && ours.line.starts_with(start);
        if deviations::HEADERS_OF.iter().any(listed) {
            continue;
        }
        let same = theirs.iter().filter(|theirs| theirs.line == ours.line);
        let found: Vec<Option<String>> =
            same.map(|theirs| deviations::headers(theirs, ours)).collect();
        if !found.is_empty() && found.iter().all(Option::is_some) {
            let why = found.into_iter().flatten().next().unwrap_or_default();
            failures.push(format!("{flow}: {}: {why}", ours.line));
        }
    }
    failures
}
