//! Variable expansion: the first line is the text, the others are variables. Bounded whatever
//! refers to what.
#![no_main]

use std::collections::HashMap;

use futures_util::future::{BoxFuture, FutureExt, ready};
use libfuzzer_sys::fuzz_target;
use ringfence_switch::expand::{self, Scope};

struct Variables<'v>(HashMap<&'v str, &'v str>);

impl Scope for Variables<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }

    fn element(&self, name: &str, index: usize) -> Option<String> {
        self.0.get(name)?.split("|:").nth(index).map(str::to_owned)
    }

    fn global(&self, name: &str) -> Option<String> {
        (name == "global").then(|| "value".to_owned())
    }

    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        ready((name == "echo").then(|| arguments.to_owned())).boxed()
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let scope = Variables(lines.filter_map(|line| line.split_once('=')).collect());
    let expanded = expand::expand(first, &scope).now_or_never().expect("nothing here waits");
    assert!(expanded.len() <= expand::MAX_OUTPUT.max(first.len()));
});
