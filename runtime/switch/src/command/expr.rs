//! `expr`: a sum.

use super::pure::{Moment, Pure};
use crate::condition;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "expr",
    syntax: "<expression>",
    short: "Computes a sum",
    long: "`+ - * / ^`, parentheses, `name=value;` and functions as `max(1,2)`, `if(x,1,2)`, `floor(x)`. Ten decimals at most. Answers `!err!` when it cannot be read or has no value.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    condition::expr(arguments).unwrap_or_else(|error| {
        tracing::debug!(expression = arguments, %error, "expr");
        "!err!".to_owned()
    })
}
