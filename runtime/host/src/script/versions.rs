//! `script versions`: what would run, what still runs, and what is wrong with what should.

use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::{Verb, table, usage};
use crate::{scripts::Scripts, versions::VersionInfo};

pub(super) const VERB: Verb = Verb {
    name: "versions",
    syntax: "[<script>] [json]",
    manual: "the versions of the Lua scripts that ran or were compiled: of all, or of those whose path \
             ends with the name. `current` ones are run from now on; `old` ones end with their last \
             run; `none` is a file that is gone or was never right, and does not start. A fault is \
             what keeps the file as it is now from being a version. `json` is a list of objects, with \
             the modules that each required.",
    run: |scripts, text| async move { versions(scripts, text) }.boxed(),
};

const COLUMNS: &[&str] =
    &["script", "version", "lua", "profile", "state", "running", "since", "watched", "fault"];

fn versions(scripts: &Scripts, text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let as_json = words.last() == Some(&"json") && words.pop().is_some();
    let name = match words.as_slice() {
        [] => None,
        [name] => Some(*name),
        _ => return usage(&VERB),
    };
    let mut versions = scripts.versions().list();
    if let Some(name) = name {
        versions.retain(|version| version.script.ends_with(name));
        if versions.is_empty() {
            return format!("-ERR no script {name:?} ran or was compiled\n");
        }
    }
    if as_json {
        return Value::from_iter(versions.iter().map(object)).to_string() + "\n";
    }
    table::aligned(COLUMNS, &versions.iter().map(row).collect::<Vec<_>>())
}

fn row(version: &VersionInfo) -> Vec<String> {
    vec![
        version.script.display().to_string(),
        version.id.as_deref().unwrap_or_default().to_owned(),
        version.lua.to_string(),
        version.profile.clone(),
        state(version).to_owned(),
        version.running.to_string(),
        version.since.map(table::moment).unwrap_or_default(),
        if version.watched { "yes" } else { "no" }.to_owned(),
        version.fault.clone().unwrap_or_default(),
    ]
}

/// What becomes of it. A file that is gone, or was never right, has an entry but no version.
fn state(version: &VersionInfo) -> &'static str {
    match (&version.id, version.current) {
        (None, _) => "none",
        (Some(_), true) => "current",
        (Some(_), false) => "old",
    }
}

fn object(version: &VersionInfo) -> Value {
    json!({
        "script": version.script.display().to_string(),
        "version": version.id.as_deref(),
        "lua": version.lua.as_str(),
        "profile": version.profile,
        "current": version.current,
        "running": version.running,
        "modules": version.modules.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "since": version.since.map(table::moment),
        "watched": version.watched,
        "fault": version.fault,
    })
}
