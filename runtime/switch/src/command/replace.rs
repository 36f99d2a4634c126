//! `replace`: one text by another.

use super::pure::{Moment, Pure};
use super::split;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "replace",
    syntax: "<data>|<string1>|<string2>",
    short: "Replaces a text within a text",
    long: "Answers `data` with every `string1` replaced by `string2`. An empty `string1` changes nothing.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    let parts = split::arguments_by(arguments, '|', 3);
    let [data, from, to] = parts.as_slice() else { return "-ERR".to_owned() };
    if from.is_empty() { data.clone() } else { data.replace(from.as_str(), to) }
}
