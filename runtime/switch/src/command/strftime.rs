//! `strftime`: a time as text.

use super::pure::{Moment, Pure};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::format::StrftimeItems;
use chrono_tz::Tz;

use crate::dialplan::in_zone;
use crate::variable::integer;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "strftime",
    syntax: "[<epoch>|]<format_string>",
    short: "Writes a time",
    long: "The format is that of C; `%Y-%m-%d %H:%M:%S` when it is empty. With `epoch|` in front (seconds since 1970), the character behind the `|` is swallowed, as in FreeSWITCH: write `1700000000| %Y`. In the time zone of the server.",
    run,
};

fn run(arguments: &str, moment: &Moment) -> String {
    let (time, format) = match arguments.split_once('|') {
        Some((epoch, format)) => {
            let seconds = u64::try_from(integer(epoch)).unwrap_or(0);
            let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
            // FreeSWITCH loses the first character here; scripts that work there count on it.
            let mut format = format.chars();
            format.next();
            (time, format.as_str())
        }
        None => (Some(moment.now), arguments),
    };
    let format = if format.is_empty() { "%Y-%m-%d %H:%M:%S" } else { format };
    let Some(time) = time.filter(|time| *time < UNIX_EPOCH + LATEST) else {
        return "-ERR the time is too far away".to_owned();
    };
    time_text(time, format, moment.zone)
}

/// The year 9999: what four digits can write.
pub(super) const LATEST: Duration = Duration::from_secs(253_402_300_800);

/// Writes a time; a format that is none is told.
pub(super) fn time_text(time: SystemTime, format: &str, zone: Tz) -> String {
    let items = StrftimeItems::new_lenient(format);
    let time = in_zone(time, zone);
    let mut out = String::new();
    // Only a format that asks for what a time does not have fails.
    match write!(out, "{}", time.format_with_items(items)) {
        Ok(()) => out,
        Err(_) => format!("-ERR Invalid format {format}"),
    }
}
