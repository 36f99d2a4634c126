//! `coalesce`: the first text that is not empty.

use super::pure::{Moment, Pure};
use super::split;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "coalesce",
    syntax: "[^^<delim>]<value1>,<value2>,...",
    short: "Chooses the first value that is not empty",
    long: "`^^:` in front splits at `:` instead of the comma.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    if arguments.is_empty() {
        return format!("-USAGE: {}\n", PURE.syntax);
    }
    let values = split::arguments_by(arguments, ',', MAX_VALUES);
    values.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
}

/// The last one takes what is left.
const MAX_VALUES: usize = 100;
