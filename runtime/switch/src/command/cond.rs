//! `cond`: one of two texts, by a comparison.

use super::pure::{Moment, Pure};
use crate::condition;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "cond",
    syntax: "<left> <operator> <right> ? <yes> [: <no>]",
    short: "Chooses a text by a comparison",
    long: "The operators are `== != > >= < <=`; blanks around them are needed. A text with blanks is quoted: `'a b'`. Two texts are equal or not; otherwise what is no number counts as its length in bytes, so `5 == abcde` is true. Answers `-ERR` when it cannot be read.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    condition::cond(arguments).unwrap_or_else(|| "-ERR".to_owned())
}
