//! `echo`: says its arguments.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "echo",
    syntax: "<text>",
    short: "Says its arguments",
    long: "Answers the text as it is. In `${echo(…)}` the text was expanded before.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    arguments.to_owned()
}
