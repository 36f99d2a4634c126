//! `script stats`: what became of the runs.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use ringfence_sandbox::{ScriptStatistics, Statistics};
use serde_json::{Value, json};

use super::{Verb, table, usage};
use crate::scripts::Scripts;

pub(super) const VERB: Verb = Verb {
    name: "stats",
    syntax: "[json]",
    manual: "what became of the runs that are over, a line for each version of a script: how many, how \
             they ended (`returned`, `error`, `killed` …), their processor time together, the largest \
             memory of one, how long half of them and 99 % of them took at most (to 9 %), and the last \
             error. Then how many live, wait for a place, were started, and were refused, by reason. At \
             most 1,000 versions are kept apart. `json` is an object, in milliseconds and bytes.",
    run: |scripts, format| async move { stats(scripts, format) }.boxed(),
};

const COLUMNS: &[&str] =
    &["script", "version", "runs", "ends", "cpu", "peak memory", "p50", "p99", "last error"];

fn stats(scripts: &Scripts, format: &str) -> String {
    let (all, each) = (scripts.sandbox().statistics(), scripts.sandbox().script_statistics());
    match format {
        "" => {
            let list = table::aligned(COLUMNS, &each.iter().map(row).collect::<Vec<_>>());
            format!("{list}\n{}", whole(&all))
        }
        "json" => {
            let scripts: Vec<Value> = each.iter().map(object).collect();
            let value = json!({
                "live": all.live,
                "waiting": all.waiting,
                "started": all.started,
                "refused": all.refused,
                "ends": all.ended,
                "scripts": scripts,
            });
            format!("{value}\n")
        }
        _ => usage(&VERB),
    }
}

fn whole(all: &Statistics) -> String {
    table::named(&[
        ("live", all.live.to_string()),
        ("waiting", all.waiting.to_string()),
        ("started", all.started.to_string()),
        ("ended", counts(&all.ended)),
        ("refused", counts(&all.refused)),
    ])
}

fn row(script: &ScriptStatistics) -> Vec<String> {
    let error = script.last_error.as_ref().map(|error| {
        let line = error.message.lines().next().unwrap_or_default();
        format!("{} {}", table::moment(error.when), line)
    });
    vec![
        script.script.to_string(),
        script.version.as_deref().unwrap_or_default().to_owned(),
        script.runs.to_string(),
        counts(&script.ended),
        table::time(script.cpu),
        table::memory(script.peak_memory),
        table::time(script.median),
        table::time(script.p99),
        error.unwrap_or_default(),
    ]
}

/// `returned 12, killed 1`
fn counts(counts: &BTreeMap<&'static str, u64>) -> String {
    let parts: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    parts.join(", ")
}

fn object(script: &ScriptStatistics) -> Value {
    let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    let error = script.last_error.as_ref().map(|error| {
        json!({
            "name": error.name,
            "message": error.message,
            "at": error.at.as_ref().map(ToString::to_string),
            "when": table::moment(error.when),
        })
    });
    json!({
        "script": &*script.script,
        "version": script.version.as_deref(),
        "runs": script.runs,
        "ends": script.ended,
        "cpu_ms": milliseconds(script.cpu),
        "peak_memory": script.peak_memory,
        "p50_ms": milliseconds(script.median),
        "p99_ms": milliseconds(script.p99),
        "last_error": error,
        "last_end": table::moment(script.last_end),
    })
}
