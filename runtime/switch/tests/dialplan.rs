//! The recorded dialplan cases that need no call: hunting, conditions, captures, inline actions.
//!
//! Cases with applications that need one (transfer, execute_extension, hangup …) run on a whole
//! switch elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod support;

use std::time::SystemTime;

use chrono::NaiveDateTime;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use ringfence_switch::command::pure::{self, Moment};
use ringfence_switch::dialplan::{Action, Caller, Dialplan, inline, names};
use ringfence_switch::expand::{Scope, expand};
use ringfence_switch::profile::CallerProfile;
use ringfence_switch::variable::Variables;
use ringfence_switch::xml::Fault;
use serde_json::Value;
use support::{Report, cases, corpus};

/// Applications that this test can execute; with others a case needs a call.
const APPLICATIONS: &[&str] = &["eval", "set", "answer", "park"];

struct Golden {
    profile: CallerProfile,
    variables: Mutex<Variables>,
    globals: Variables,
    now: SystemTime,
    executed: Mutex<Vec<(String, String)>>,
    hung_up: Mutex<Option<&'static str>>,
}

impl Golden {
    fn new(case: &Value, globals: &Variables) -> Self {
        let text = |name: &str| case["in"][name].as_str().unwrap_or_default().to_owned();
        let mut variables = Variables::new();
        for (name, value) in case["in"]["vars"].as_object().into_iter().flatten() {
            variables.set(name, value.as_str().unwrap()).unwrap();
        }
        // As the recorded channel was.
        for (name, value) in [("direction", "outbound"), ("channel_name", "null/x")] {
            variables.set(name, value).unwrap();
        }
        let now = match case["in"]["now"].as_str() {
            Some(now) => {
                NaiveDateTime::parse_from_str(now, "%Y-%m-%d %H:%M:%S").unwrap().and_utc().into()
            }
            None => SystemTime::now(),
        };
        Self {
            profile: CallerProfile {
                destination_number: text("dest"),
                dialplan: text("dialplan"),
                context: if text("context").is_empty() {
                    "default".into()
                } else {
                    text("context")
                },
                caller_id_number: text("caller_id_number"),
                caller_id_name: text("caller_id_name"),
                ani: "0000000000".into(),
                rdnis: "x".into(),
                source: "mod_loopback".into(),
                chan_name: "null/x".into(),
                ..CallerProfile::default()
            },
            variables: Mutex::new(variables),
            globals: globals.clone(),
            now,
            executed: Mutex::default(),
            hung_up: Mutex::default(),
        }
    }

    async fn execute(&self, application: &str, data: &str) {
        if !APPLICATIONS.iter().any(|known| known.eq_ignore_ascii_case(application)) {
            *self.hung_up.lock() = Some("DESTINATION_OUT_OF_ORDER");
            return;
        }
        let data = expand(data, self).await.into_owned();
        let application = application.to_ascii_lowercase();
        if application == "set" {
            let (name, value) = data.split_once('=').unwrap_or((&data, ""));
            self.set_variable(name, Some(value.to_owned()).filter(|value| !value.is_empty()));
        }
        self.executed.lock().push((application, data));
    }

    async fn run(&self, dialplan: &Dialplan) -> (String, Option<&'static str>) {
        let mut route = None;
        for (name, _) in names(&self.profile.dialplan) {
            route = match name {
                "inline" => {
                    Some(inline::actions(self.profile.destination_number.trim_matches('\'')))
                }
                "XML" => match dialplan.context(&self.profile.context) {
                    Ok(context) => context.hunt(self).await.ok().map(|route| route.actions),
                    Err(_) => None,
                },
                _ => None,
            };
            if route.is_some() {
                break;
            }
        }
        let Some(actions) = route else { return self.seen("NO_ROUTE_DESTINATION") };
        for action in actions {
            if self.hung_up.lock().is_some() {
                break;
            }
            self.execute(&action.application, &action.data).await;
            if &*action.application == "park" {
                return (self.seen("").0, None);
            }
        }
        self.seen("NORMAL_CLEARING")
    }

    fn seen(&self, cause: &'static str) -> (String, Option<&'static str>) {
        let executed: Vec<_> = self
            .executed
            .lock()
            .iter()
            .map(|(name, data)| vec![name.clone(), data.clone()])
            .collect();
        (serde_json::to_string(&executed).unwrap(), Some(self.hung_up.lock().unwrap_or(cause)))
    }
}

impl Scope for Golden {
    fn variable(&self, name: &str) -> Option<String> {
        let own = self.variables.lock().text(name).map(|value| value.into_owned());
        own.or_else(|| self.field(name))
    }

    fn element(&self, name: &str, index: usize) -> Option<String> {
        self.variables.lock().element(name, index).map(str::to_owned)
    }

    fn global(&self, name: &str) -> Option<String> {
        self.globals.text(name).map(|value| value.into_owned())
    }

    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        let directory = [("1000@example.com var uvar", "uservar")];
        let answer = match name {
            // The golden directory has one user that matters here.
            "user_data" => {
                directory.iter().find(|(key, _)| *key == arguments).map(|(_, v)| (*v).to_owned())
            }
            name => pure::run(name, arguments, &Moment { now: self.now, zone: chrono_tz::Tz::UTC }),
        };
        Box::pin(std::future::ready(answer))
    }
}

impl Caller for Golden {
    fn field(&self, name: &str) -> Option<String> {
        self.profile.field(name).map(|value| value.into_owned())
    }

    fn set_variable(&self, name: &str, value: Option<String>) {
        let mut variables = self.variables.lock();
        match value {
            Some(value) => variables.set(name, value).unwrap(),
            None => {
                variables.remove(name);
            }
        }
    }

    fn remove_variables(&self, prefix: &str) {
        let mut variables = self.variables.lock();
        let names: Vec<_> = variables
            .iter()
            .map(|(name, _)| name.to_owned())
            .filter(|name| name.starts_with(prefix))
            .collect();
        for name in names {
            variables.remove(&name);
        }
    }

    fn execute_inline<'a>(&'a self, action: &'a Action) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // `answer` and others cannot run inline.
            if ["eval", "set"].contains(&&*action.application) {
                self.execute(&action.application, &action.data).await;
            }
        })
    }

    fn now(&self) -> SystemTime {
        self.now
    }

    fn zone(&self) -> chrono_tz::Tz {
        chrono_tz::Tz::UTC
    }
}

fn globals() -> Variables {
    let mut globals = Variables::new();
    for (name, value) in [("gdomain", "example.com"), ("g1", "globalone"), ("gref", "g1")] {
        globals.set(name, value).unwrap();
    }
    globals
}

fn load(files: &[&str]) -> (Dialplan, Vec<Fault>) {
    // One file that includes the others, as the recorded configuration did.
    let folder = tempfile::tempdir().unwrap();
    let includes: String = files
        .iter()
        .map(|file| {
            let path = corpus(&format!("xml/{file}"));
            format!("<X-PRE-PROCESS cmd=\"include\" data=\"{}\"/>\n", path.display())
        })
        .collect();
    let main = folder.path().join("main.xml");
    std::fs::write(&main, format!("<section name=\"dialplan\">\n{includes}</section>")).unwrap();
    let mut faults = Vec::new();
    (Dialplan::load(&main, &globals(), &mut faults).unwrap(), faults)
}

const FILES: [&str; 5] =
    ["dialplan0.xml", "dialplan1.xml", "dialplan2.xml", "dialplan3.xml", "dialplan4.xml"];

fn needs_a_call(case: &Value) -> bool {
    let executed = case["out"]["executed"].as_array().unwrap();
    let dialplan = case["in"]["dialplan"].as_str().unwrap();
    let destination = case["in"]["dest"].as_str().unwrap();
    executed.iter().any(|entry| !APPLICATIONS.contains(&entry[0].as_str().unwrap()))
        // These transfer, and then nothing was executed.
        || case["in"]["context"] == "acts"
        || destination.contains(' ')
        || !names(dialplan).all(|(name, argument)| argument.is_none() && name != "nosuch")
}

#[test]
fn hunting_is_freeswitchs() {
    let (plain, _) = load(&FILES);
    let mut with_global = FILES.to_vec();
    with_global.push("global-context.xml");
    let (with_global, _) = load(&with_global);
    let mut report = Report::default();
    for case in cases("dialplan.jsonl") {
        // Where FreeSWITCH crashed or read foreign memory there is nothing to compare.
        if case["out"]["executed"].is_null() || !case["undefined"].is_null() || needs_a_call(&case)
        {
            report.skip();
            continue;
        }
        let dialplan = if case["in"]["setup"].is_null() { &plain } else { &with_global };
        let golden = Golden::new(&case, &globals());
        let (executed, cause) = golden.run(dialplan).now_or_never().unwrap();
        let seen = format!("{executed} {}", cause.unwrap_or("(up)"));
        let expected = format!(
            "{} {}",
            case["out"]["executed"],
            case["out"]["hangup_cause"].as_str().unwrap_or("(up)")
        );
        report.case(&case, &seen, &expected);
    }
    report.finish(200);
}

#[test]
fn broken_extensions_are_told_and_hide_nothing() {
    let (dialplan, faults) = load(&FILES);
    assert!(dialplan.context("gold").unwrap().len() > 70);
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    for part in [
        "missing closing parenthesis",
        "no caller profile has a field nosuchfield",
        "break=\"nosuch\" is unknown",
        "<foo> is ignored",
        "has no application",
        "a second context named dupctx",
        "regex=\"nosuch\" is unknown",
        "has no attribute nosuchattr",
        "hour=\"x\": \"x\" never passes",
    ] {
        assert!(told.iter().any(|fault| fault.contains(part)), "{part}\n{}", told.join("\n"));
    }
    assert!(told.iter().all(|fault| fault.contains(".xml:")), "{}", told.join("\n"));
}
