//! Every recorded expansion, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod support;

use std::time::{Duration, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ringfence_switch::command::pure::{self, Moment};
use ringfence_switch::expand::{Engine, Scope, expand};
use ringfence_switch::variable::Variables;
use ringfence_text::encode;
use serde_json::Value;
use support::{Report, cases, corpus, is_free};

/// A parked channel, or the event that tells of it.
struct Golden {
    engine: Engine,
    variables: Variables,
    globals: Variables,
}

impl Golden {
    fn new(engine: Engine, channel: bool) -> Self {
        let text = std::fs::read_to_string(corpus("xml/expansion.vars.json")).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let (mut variables, mut globals) = (Variables::new(), Variables::new());
        // As the recorded channel answered them, but for the list: a list of one element was set as
        // a list.
        for (name, value) in file["uuid_getvar_says"].as_object().unwrap() {
            let value = value.as_str().unwrap();
            let list = engine == Engine::Channel && name == "arr1";
            let value = if list { "ARRAY::only" } else { value };
            if value == "_undef_" || (engine == Engine::Event && !channel) {
                continue;
            }
            let name =
                if engine == Engine::Event { format!("variable_{name}") } else { name.clone() };
            variables.set(&name, value).unwrap();
        }
        // What `uuid_getvar` was not asked for.
        let profile: &[(&str, &str)] = match engine {
            Engine::Channel => &[
                ("x y", "spaced"),
                ("caller_id_number", "x"),
                ("caller_id_name", "Outbound Call"),
                ("destination_number", "x"),
                ("uuid", "11111111-2222-3333-4444-555555555555"),
                ("direction", "outbound"),
                ("ani", "5551234"),
                ("channel_name", "null/x"),
                ("network_addr", ""),
            ],
            Engine::Event if channel => &[
                ("Unique-ID", "11111111-2222-3333-4444-555555555555"),
                ("Caller-Caller-ID-Number", "x"),
                ("Caller-Destination-Number", "x"),
                ("Channel-State", "CS_EXECUTE"),
                ("Event-Name", "CHANNEL_DATA"),
            ],
            Engine::Event => &[("Event-Name", "CHANNEL_DATA")],
        };
        for (name, value) in profile {
            variables.set(name, *value).unwrap();
        }
        for (name, value) in file["globals"].as_object().unwrap() {
            let value = if name == "gnest" { "%{x}" } else { value.as_str().unwrap() };
            globals.set(name, value).unwrap();
        }
        Self { engine, variables, globals }
    }

    fn moment() -> Moment {
        Moment { now: UNIX_EPOCH + Duration::from_secs(1_795_222_867), zone: chrono_tz::Tz::UTC }
    }
}

impl Scope for Golden {
    fn engine(&self) -> Engine {
        self.engine
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.text(name).map(|value| value.into_owned())
    }

    fn element(&self, name: &str, index: usize) -> Option<String> {
        self.variables.element(name, index).map(str::to_owned)
    }

    fn global(&self, name: &str) -> Option<String> {
        self.globals.text(name).map(|value| value.into_owned())
    }

    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        let answer = match name {
            "global_getvar" => Some(self.global(arguments).unwrap_or_default()),
            _ => pure::run(name, arguments, &Self::moment()),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn expected(out: &Value) -> String {
    match out {
        Value::String(text) => text.clone(),
        // The event socket's JSON writes a list as one.
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(|item| item.as_str().unwrap()).collect();
            format!("ARRAY::{}", items.join("|:"))
        }
        Value::Object(bytes) => {
            let hex = bytes["hex"].as_str().unwrap();
            let bytes: Vec<u8> = (0..hex.len() / 2)
                .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
                .collect();
            ringfence_text::decode(&bytes).into_owned()
        }
        other => panic!("{other}"),
    }
}

fn run(case: &Value) -> String {
    let text = case["in"]["text"].as_str().unwrap();
    if case["in"]["engine"] == "channel" {
        let scope = Golden::new(Engine::Channel, true);
        return expand(text, &scope).now_or_never().unwrap().into_owned();
    }
    // `eval` and `expand` with their optional uuid.
    let command = case["in"]["cmd"].as_str().unwrap();
    let (command, uuid) = command.split_once(' ').unwrap_or((command, ""));
    let text = format!("{uuid} {text}");
    ringfence_switch::command::split::uuid(text.trim_start_matches(' ')).map_or_else(
        || "-ERR No input\n".to_owned(),
        |(uuid, text)| {
            let scope = Golden::new(Engine::Event, uuid == Some("$UUID"));
            let expanded = |text| expand(text, &scope).now_or_never().unwrap().into_owned();
            if command == "eval" {
                return expanded(text);
            }
            // As the command `expand` does: its arguments are expanded, the name is not.
            let (name, arguments) = text.split_once(' ').unwrap_or((text, ""));
            let arguments = expanded(arguments);
            match name {
                "uuid_getvar" => "-USAGE: <uuid> <var>\n".to_owned(),
                "eval" => arguments,
                name => pure::run(name, &arguments, &Golden::moment()).unwrap_or_else(|| {
                    "INVALID COMMAND!\n-ERR Cannot execute command\n".to_owned()
                }),
            }
        },
    )
}

#[test]
fn expansions_are_freeswitchs() {
    let mut report = Report::default();
    for case in cases("expansion.jsonl") {
        // Those that ask the directory run in tests/calls/lookup.rs, with a directory.
        if is_free(&case) || case["in"]["text"].as_str().unwrap().contains("${user_data(") {
            report.skip();
            continue;
        }
        report.case(&case, &run(&case), &expected(&case["out"]));
    }
    report.finish(500);
}

#[test]
fn text_without_anything_to_expand_is_not_copied() {
    let scope = Golden::new(Engine::Channel, true);
    for text in ["", "plain text", "a,b=c", "100$"] {
        let expanded = expand(text, &scope).now_or_never().unwrap();
        assert!(matches!(expanded, std::borrow::Cow::Borrowed(same) if std::ptr::eq(same, text)));
    }
    assert_eq!(&*encode(&expand("${utf:2}", &scope).now_or_never().unwrap()), b"\xa9llo");
}
