//! `strmicroepoch`: microseconds since 1970.

use std::time::UNIX_EPOCH;

use super::pure::{Moment, Pure};
use super::strepoch;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "strmicroepoch",
    syntax: "[<date_string>]",
    short: "Reads a time",
    long: "As `strepoch`, in microseconds.",
    run,
};

fn run(arguments: &str, moment: &Moment) -> String {
    if arguments.is_empty() {
        let now = moment.now.duration_since(UNIX_EPOCH).unwrap_or_default();
        return now.as_micros().to_string();
    }
    match strepoch::read(arguments, moment.zone) {
        Some(seconds) => seconds.saturating_mul(1_000_000).to_string(),
        None => strepoch::BAD.to_owned(),
    }
}
