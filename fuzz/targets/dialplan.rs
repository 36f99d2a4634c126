//! A dialplan from any XML, as files and handler scripts give it: it compiles with faults and is hunted, whatever it says.
#![no_main]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::{BoxFuture, FutureExt, ready};
use libfuzzer_sys::fuzz_target;
use ringfence_switch::dialplan::{Action, Caller, Dialplan, MAX_ACTIONS};
use ringfence_switch::expand::Scope;
use ringfence_switch::xml::{Assembled, parse};

/// A caller whose every field and variable is one number.
struct Number;

impl Scope for Number {
    fn variable(&self, name: &str) -> Option<String> {
        (name == "x").then(|| "5001".to_owned())
    }

    fn element(&self, _: &str, _: usize) -> Option<String> {
        None
    }

    fn global(&self, _: &str) -> Option<String> {
        None
    }

    fn api<'a>(&'a self, _: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        ready(Some(arguments.to_owned())).boxed()
    }
}

impl Caller for Number {
    fn field(&self, _: &str) -> Option<String> {
        Some("5001".to_owned())
    }

    fn set_variable(&self, _: &str, _: Option<String>) {}

    fn remove_variables(&self, _: &str) {}

    fn execute_inline<'a>(&'a self, _: &'a Action) -> BoxFuture<'a, ()> {
        ready(()).boxed()
    }

    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_000_000)
    }
}

fuzz_target!(|text: &str| {
    // As a handler script's answer is read.
    let Ok(section) = parse(&Assembled::of_text("fuzz", text.to_owned())) else { return };
    let dialplan = Dialplan::compile(&section, &mut Vec::new());
    for context in dialplan.contexts() {
        let route = context.hunt(&Number).now_or_never().expect("nothing here waits");
        assert!(route.map_or(0, |route| route.actions.len()) <= MAX_ACTIONS);
    }
});
