//! `strepoch`: seconds since 1970.

use std::time::UNIX_EPOCH;

use chrono::{NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "strepoch",
    syntax: "[<date_string>]",
    short: "Reads a time",
    long: "Answers the seconds since 1970 of `YYYY-MM-DD [hh:mm[:ss]]` in the time zone of the server; without an argument, of now. Days that do not exist count on (February 30 is March 2 or 1). Answers `-ERR` for other texts.",
    run,
};

fn run(arguments: &str, moment: &Moment) -> String {
    if arguments.is_empty() {
        let now = moment.now.duration_since(UNIX_EPOCH).unwrap_or_default();
        return now.as_secs().to_string();
    }
    match read(arguments, moment.zone) {
        Some(seconds) => seconds.to_string(),
        None => BAD.to_owned(),
    }
}

/// The answer to what is no time.
pub(super) const BAD: &str = "-ERR write YYYY-MM-DD [hh:mm[:ss]]";

pub(super) fn read(text: &str, zone: Tz) -> Option<i64> {
    let (date, time) = text.split_once(' ').unwrap_or((text, ""));
    let mut date = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    // Of 32 bits, so that the sum of their seconds is one of 64.
    let part = |text: &str| text.parse::<i32>().map_or(0, i64::from);
    let mut time = time.trim().split(':').map(part);
    let seconds = [3600, 60, 1].iter().map(|unit| unit * time.next().unwrap_or(0)).sum::<i64>();
    let first = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month.clamp(1, 12), 1)?;
    let days = TimeDelta::try_days(i64::from(day) - 1)?;
    let at = first.and_hms_opt(0, 0, 0)?.checked_add_signed(days)?;
    let at = at.checked_add_signed(TimeDelta::try_seconds(seconds)?)?;
    Some(zone.from_local_datetime(&at).earliest()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_are_read_or_refused() {
        let of = |text: &str| read(text, Tz::UTC);
        assert_eq!(of("2020-01-01 01:02:03"), Some(1_577_840_523));
        assert_eq!(of("2020-01-01 9223372036854775807:1"), Some(1_577_836_860));
        assert_eq!(of("2020-01-01 2147483647:2147483647:2147483647"), Some(7_863_515_468_467));
        assert_eq!(of("2020-01-01 -2147483648:-2147483648:-2147483648"), Some(-7_860_359_798_528));
        assert_eq!(of("4294967295-4294967295-4294967295"), None);
        assert_eq!(of("2020-1-4294967295"), None);
    }
}
