//! `toupper`: capital letters.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "toupper",
    syntax: "<string>",
    short: "Makes capital letters",
    long: "Only of the letters a to z.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    arguments.to_ascii_uppercase()
}
