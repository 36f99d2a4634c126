//! `script hooks`: the event hooks, and what became of their events.

use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::{Verb, table, usage};
use crate::{hook::HookInfo, scripts::Scripts};

pub(super) const VERB: Verb = Verb {
    name: "hooks",
    syntax: "[json]",
    manual: "the event hooks of lua.conf.xml: how often the script of each was run, how often it failed, \
             and how many events it missed because it was slower than they came.",
    run: |scripts, text| async move { hooks(scripts, text) }.boxed(),
};

const COLUMNS: &[&str] = &["event", "subclass", "script", "run", "failed", "missed"];

fn hooks(scripts: &Scripts, text: &str) -> String {
    let hooks = scripts.hooks();
    match text {
        "json" => Value::from_iter(hooks.iter().map(object)).to_string() + "\n",
        "" => table::aligned(COLUMNS, &hooks.iter().map(row).collect::<Vec<_>>()),
        _ => usage(&VERB),
    }
}

fn event(info: &HookInfo) -> &'static str {
    info.hook.event.map_or("ALL", |event| event.as_str())
}

fn row(info: &HookInfo) -> Vec<String> {
    vec![
        event(info).to_owned(),
        info.hook.subclass.clone().unwrap_or_default(),
        info.hook.line.clone(),
        info.run.to_string(),
        info.failed.to_string(),
        info.missed.to_string(),
    ]
}

fn object(info: &HookInfo) -> Value {
    json!({
        "event": event(info),
        "subclass": info.hook.subclass,
        "script": info.hook.line,
        "run": info.run,
        "failed": info.failed,
        "missed": info.missed,
    })
}
