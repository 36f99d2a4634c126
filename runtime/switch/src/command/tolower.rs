//! `tolower`: small letters.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "tolower",
    syntax: "<string>",
    short: "Makes small letters",
    long: "Only of the letters A to Z.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    arguments.to_ascii_lowercase()
}
