//! What commands answer, as FreeSWITCH answered: usage, errors, missing calls, tables.
//!
//! tests/corpus/api-texts.jsonl has them; docs/compatibility.md lists what differs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod deviations;
#[path = "../calls/rig.rs"]
#[allow(dead_code, reason = "each test uses its part")]
mod rig;
#[path = "../../../../tests/shared/section.rs"]
mod section;
#[path = "../support/mod.rs"]
mod support;

use deviations::DEVIATIONS;
use rig::Rig;
use ringfence_switch::Cause;
use ringfence_switch::application::ABSENT;
use serde_json::Value;
use support::cases;

#[tokio::test(start_paused = true)]
async fn commands_answer_in_freeswitchs_words() {
    let (mut failures, mut same) = (Vec::new(), 0);
    for case in cases("api-texts.jsonl") {
        let name = case["case"].as_str().unwrap();
        let listed = DEVIATIONS.iter().find(|(_, cases)| cases.contains(&name));
        match (differs(name, &case).await, listed) {
            (None, None) => same += 1,
            (Some(_), Some(_)) => {}
            (Some(how), None) => failures.push(format!("{name}: {how}")),
            (None, Some((why, _))) => {
                failures.push(format!("{name} is as recorded, but listed: {why}"));
            }
        }
    }
    println!("{same} cases are as recorded");
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
    assert!(same >= 150, "only {same} cases are as recorded");
}

/// Runs the commands of a case; answers the first difference.
async fn differs(name: &str, case: &Value) -> Option<String> {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().to_str().unwrap();
    let call = match name.starts_with("onecall/") {
        true => Some(rig.null().await),
        false => None,
    };
    let uuid = call.as_ref().map_or_else(String::new, |call| call.uuid().to_string());
    let mut difference = None;
    for step in case["steps"].as_array().unwrap() {
        let line = step[0].as_str().unwrap().replace("<uuid>", &uuid);
        let line = line.replace("<recordings>", recordings);
        let expected = step[1].as_str().unwrap();
        if line.starts_with("uuid_exists") {
            // The recorder waited, too: 0.3 s, and 1.5 s.
            tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        }
        let seen = answer(&rig, &line).await;
        let masked = if uuid.is_empty() { seen } else { seen.replace(&uuid, "<uuid>") };
        let masked = new_uuid(&masked.replace(recordings, "<recordings>"));
        if masked != expected {
            difference = Some(format!("{line}\n    theirs {expected:?}\n    ours   {masked:?}"));
            break;
        }
    }
    if let Some(call) = call {
        call.hangup(Cause::NORMAL_CLEARING);
    }
    difference
}

/// As the event socket answers.
async fn answer(rig: &Rig, line: &str) -> String {
    let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
    match rig.switch.command(name, arguments, None).await {
        Ok(output) if output.is_empty() => "-ERR no reply\n".to_owned(),
        Ok(output) => output,
        Err(_) => format!("-ERR {name} Command not found!\n"),
    }
}

/// Puts `<uuid>` for a uuid that was made, at the end of a text.
fn new_uuid(text: &str) -> String {
    let trimmed = text.trim_end();
    let start = trimmed.len().saturating_sub(36);
    match trimmed.get(start..) {
        Some(last) if uuid::Uuid::parse_str(last).is_ok_and(|uuid| uuid.as_u128() > 1) => {
            format!("{}<uuid>{}", &trimmed[..start], &text[trimmed.len()..])
        }
        _ => text.to_owned(),
    }
}

#[test]
fn the_document_lists_every_deviation() {
    let command = "cargo test -p ringfence-switch --test texts";
    let text = format!("\n{}\n", section::reasons(DEVIATIONS));
    section::check("compatibility.md", "texts", command, &text);
    section::check("compatibility.md", "absent", command, &absent());
}

fn absent() -> String {
    let names = |names: &[&str]| match names {
        [] => String::new(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let mut text = String::from("\n| applications | commands | why |\n| --- | --- | --- |\n");
    for absent in ABSENT {
        let (applications, commands) = (names(absent.applications), names(absent.commands));
        text.push_str(&format!("| {applications} | {commands} | {} |\n", absent.why));
    }
    text.push('\n');
    text
}

#[tokio::test(start_paused = true)]
async fn what_is_said_not_to_be_there_is_not() {
    let rig = Rig::new(&[]);
    let (applications, commands) = (rig.switch.applications(), rig.switch.commands());
    for absent in ABSENT {
        for name in absent.applications {
            assert!(applications.iter().all(|(there, _)| there.name != *name), "{name} is there");
        }
        for name in absent.commands {
            assert!(commands.iter().all(|(there, _)| there.name != *name), "{name} is there");
        }
    }
    let session = rig.null().await;
    let why = session.execute("conference", "room").await.unwrap_err().to_string();
    assert!(why.contains("nothing mixes the audio of several calls yet"), "{why}");
    assert_eq!(session.hangup_cause(), Cause::DESTINATION_OUT_OF_ORDER);
    let session = rig.null().await;
    let why = session.execute("nosuch", "").await.unwrap_err().to_string();
    assert!(why.starts_with("Invalid Application nosuch;"), "{why}");
}
