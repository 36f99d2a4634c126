//! `quote_shell_arg`: a text as one word of a shell.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "quote_shell_arg",
    syntax: "<data>",
    short: "Quotes a text for a shell",
    long: "Puts it in single quotes; one within becomes `'\\''`.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    if arguments.is_empty() {
        return String::new();
    }
    format!("'{}'", arguments.replace('\'', "'\\''"))
}
