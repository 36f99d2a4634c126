//! `hash`, `hash_dump`.

use super::{Command, CommandContext};
use crate::authority;
use crate::operation::Failure;
use crate::switch::Switch;

const SYNTAX: &str = "[insert|insert_ifempty|delete|delete_ifmatch|select]/<realm>/<key>/<value>";

const DUMP: &str = "all|limit|db [<realm>]";

/// The answer to wrong arguments; FreeSWITCH's.
const USAGE: &str =
    "-ERR Usage: hash insert|insert_ifempty|select|delete|delete_ifmatch/realm/key[/value]\n";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "hash",
            SYNTAX,
            "hash get/set",
            "Keeps values by realm and key that all calls and scripts share, in memory: at most 100,000, \
             of 16 kB each. `insert_ifempty` keeps what is there, `delete_ifmatch` removes only that \
             value; `select` prints it, without a newline.",
            async |context: CommandContext, text: String| {
                run(&context.switch, &text).unwrap_or_else(|refused| format!("-ERR {refused}\n"))
            },
        ),
        Command::new(
            "hash_dump",
            DUMP,
            "dump hash/limit_hash data (used for synchronization)",
            "Lists, a line each, the values that `hash` keeps (`db`: `D/<realm>_<key>/<value>`), the \
             resources that `limit` counts (`limit`: `L/<realm>_<id>/<used>/<rate>/0/0`), or both (`all`).",
            async |context: CommandContext, text: String| dump(&context.switch, &text),
        ),
    ]
}

fn dump(switch: &Switch, text: &str) -> String {
    let (what, realm) = text.split_once(' ').unwrap_or((text, ""));
    let realm = Some(realm.trim()).filter(|realm| !realm.is_empty());
    let (limits, values) = match what {
        "all" => (true, true),
        "limit" => (true, false),
        "db" => (false, true),
        _ => return format!("Usage: {DUMP}\n"),
    };
    let mut text = String::new();
    if limits {
        for (realm, id, used, rate) in switch.usage().all(realm) {
            text.push_str(&format!("L/{realm}_{id}/{used}/{rate}/0/0\n"));
        }
    }
    if values {
        for (realm, key, value) in switch.store().all(realm) {
            text.push_str(&format!("D/{realm}_{key}/{value}\n"));
        }
    }
    text
}

/// Does what the command and the application of that name do; answers the command's output.
///
/// # Errors
///
/// `Refused` for a value that the script which asks may not keep.
pub(crate) fn run(switch: &Switch, text: &str) -> Result<String, Failure> {
    // The operator's dialplan expands what it reads from here.
    authority::expandable(text)?;
    Ok(kept(switch, text))
}

fn kept(switch: &Switch, text: &str) -> String {
    let mut parts = text.splitn(4, '/');
    let (Some(verb), Some(realm), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return USAGE.to_owned();
    };
    let store = switch.store();
    let done = |done: bool| if done { "+OK\n" } else { "-ERR Not found\n" }.to_owned();
    let value = parts.next().filter(|value| !value.is_empty());
    match (verb.to_ascii_lowercase().as_str(), value) {
        ("select", _) => store.select(realm, key).unwrap_or_default(),
        ("delete", _) => done(store.delete(realm, key, None)),
        ("delete_ifmatch", Some(value)) => {
            if store.delete(realm, key, Some(value)) {
                "+OK\n".to_owned()
            } else {
                "-ERR Doesn't match\n".to_owned()
            }
        }
        (verb @ ("insert" | "insert_ifempty"), Some(value)) => {
            match store.insert(realm, key, value, verb == "insert_ifempty") {
                Ok(true) => "+OK\n".to_owned(),
                Ok(false) => "-ERR key already exists\n".to_owned(),
                Err(why) => format!("-ERR {why}\n"),
            }
        }
        _ => USAGE.to_owned(),
    }
}
