//! `escape`: a text that expansion leaves as it is.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "escape",
    syntax: "<string>",
    short: "Escapes a text",
    long: "Writes `$` as `\\$`, a blank as `\\s`, line breaks and tabs as `\\n`, `\\r`, `\\t`.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    let mut out = String::with_capacity(arguments.len());
    for character in arguments.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' ' => out.push_str("\\s"),
            '$' => out.push_str("\\$"),
            other => out.push(other),
        }
    }
    out
}
