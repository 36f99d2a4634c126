use std::time::{Duration, UNIX_EPOCH};

use futures_util::FutureExt;
use parking_lot::Mutex;

use super::*;
use crate::variable::Value;

/// A caller with one number, whose inline actions are listed.
struct Plain {
    variables: Mutex<Variables>,
    inline: Mutex<Vec<String>>,
}

impl Scope for Plain {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.lock().text(name).map(|value| value.into_owned())
    }

    fn element(&self, name: &str, index: usize) -> Option<String> {
        self.variables.lock().element(name, index).map(str::to_owned)
    }

    fn global(&self, _: &str) -> Option<String> {
        None
    }

    fn api<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(std::future::ready(None))
    }
}

impl Caller for Plain {
    fn field(&self, name: &str) -> Option<String> {
        (name == "destination_number").then(|| "5001".to_owned())
    }

    fn set_variable(&self, name: &str, value: Option<String>) {
        self.variables.lock().set(name, value.unwrap_or_default()).unwrap();
    }

    fn remove_variables(&self, _: &str) {}

    fn execute_inline<'a>(&'a self, action: &'a Action) -> BoxFuture<'a, ()> {
        self.inline.lock().push(format!("{} {} {}", action.application, action.data, action.place));
        Box::pin(std::future::ready(()))
    }

    fn now(&self) -> SystemTime {
        // Saturday, 2026-11-21 10:00 UTC.
        UNIX_EPOCH + Duration::from_secs(1_795_255_200)
    }

    fn zone(&self) -> chrono_tz::Tz {
        chrono_tz::Tz::UTC
    }
}

/// Hunts the context `default` of a file.
fn hunt(text: &str) -> (Result<Route, NoRoute>, Plain, Vec<Fault>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.xml");
    std::fs::write(&path, format!("<context name=\"default\">\n{text}\n</context>")).unwrap();
    let mut faults = Vec::new();
    let dialplan = Dialplan::load(&path, &Variables::new(), &mut faults).unwrap();
    let plain = Plain { variables: Mutex::default(), inline: Mutex::default() };
    let context = dialplan.context("Default").unwrap();
    let route = context.hunt(&plain).now_or_never().unwrap();
    (route, plain, faults)
}

#[test]
fn actions_know_their_place() {
    let (route, plain, faults) = hunt(
        "<extension name=\"a\"><condition field=\"destination_number\" expression=\"^5(.*)$\">\n\
         <action application=\"set\" data=\"x=$1\" inline=\"true\"/>\n\
         <action application=\"lua\" data=\"a.lua $1 ${x}\"/>\n</condition></extension>",
    );
    let route = route.unwrap();
    assert_eq!((faults.len(), &*route.extension, route.actions.len()), (0, "a", 1));
    assert_eq!(
        (route.actions[0].data.as_str(), route.actions[0].place.line),
        ("a.lua 001 ${x}", 4)
    );
    let inline = plain.inline.lock();
    assert!(inline[0].starts_with("set x=001 ") && inline[0].ends_with("plan.xml:3"), "{inline:?}");
    assert_eq!(
        plain.variables.lock().value("DP_MATCH").map(Value::elements).unwrap(),
        ["5001", "001"]
    );
}

#[test]
fn actions_are_bounded() {
    let step = "<action application=\"log\" data=\"x\" loop=\"999999999\"/>";
    let (route, _, faults) = hunt(&format!(
        "<extension name=\"a\"><condition>{}</condition></extension>",
        step.repeat(3)
    ));
    assert_eq!(route.unwrap().actions.len(), MAX_ACTIONS);
    assert_eq!(faults.len(), 3);
}

#[test]
fn nesting_is_bounded() {
    let depth = MAX_NESTING + 5;
    let text = format!(
        "<extension name=\"a\">{}{}</extension>",
        "<condition>".repeat(depth),
        "</condition>".repeat(depth)
    );
    let (route, _, faults) = hunt(&text);
    assert_eq!(route, Err(NoRoute::NoMatch("default".into())));
    assert!(
        faults.iter().any(|fault| fault.message.contains("nested deeper than 100")),
        "{faults:?}"
    );
}

#[test]
fn a_pattern_that_runs_for_ever_does_not_match_and_the_next_one_does() {
    let (route, ..) = hunt(
        "<extension name=\"bad\"><condition field=\"${x}1111111111111111111111111111111111111111x\" \
         expression=\"^(1+)+$\"><action application=\"log\" data=\"bad\"/></condition></extension>\
         <extension name=\"good\"><condition><action application=\"log\" data=\"good\"/></condition></extension>",
    );
    assert_eq!(&*route.unwrap().extension, "good");
}

#[test]
fn a_time_that_fails_leaves_the_next_extension_its_chance() {
    let (route, ..) = hunt(
        "<extension name=\"week\"><condition field=\"destination_number\" expression=\"^5001$\"/>\
         <condition wday=\"mon-fri\"><action application=\"log\" data=\"open\"/></condition></extension>\
         <extension name=\"weekend\"><condition field=\"destination_number\" expression=\"^5001$\"/>\
         <condition wday=\"sat-sun\"><action application=\"log\" data=\"closed\"/></condition></extension>",
    );
    assert_eq!(&*route.unwrap().extension, "weekend");
}

#[test]
fn dialplans_are_listed() {
    let listed: Vec<_> = names("XML, LUA:x.lua").collect();
    assert_eq!(listed, [("XML", None), ("LUA", Some("x.lua"))]);
}
