//! `strftime_tz`: a time as text, in a time zone.

use std::time::{Duration, UNIX_EPOCH};

use chrono_tz::Tz;

use super::pure::{Moment, Pure};
use super::strftime::{LATEST, time_text};
use crate::variable::integer;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "strftime_tz",
    syntax: "<timezone_name> [<epoch>|][format string]",
    short: "Writes a time in a time zone",
    long: "As `strftime`, in a time zone as `Europe/Berlin`; nothing is swallowed behind the `|`. Answers `-ERR` for a zone that does not exist.",
    run,
};

fn run(arguments: &str, moment: &Moment) -> String {
    let (zone, rest) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let Ok(zone) = zone.parse::<Tz>() else {
        return "-ERR Invalid Timezone\n".to_owned();
    };
    let (time, format) = match rest.split_once('|') {
        Some((epoch, format)) => {
            let seconds = u64::try_from(integer(epoch)).unwrap_or(0);
            (UNIX_EPOCH.checked_add(Duration::from_secs(seconds)), format)
        }
        None => (Some(moment.now), rest),
    };
    let format = if format.is_empty() { "%Y-%m-%d %H:%M:%S" } else { format };
    match time.filter(|time| *time < UNIX_EPOCH + LATEST) {
        Some(time) => time_text(time, format, zone),
        None => "-ERR the time is too far away\n".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_its_own_time() {
        let moment = Moment { now: UNIX_EPOCH, zone: Tz::UTC };
        assert_eq!(run("Europe/Berlin 0|%H:%M", &moment), "01:00");
        assert_eq!(run("Europe/Berlin %H", &moment), "01");
        assert_eq!(run("Asia/Tokyo", &moment), "1970-01-01 09:00:00");
        assert_eq!(run("Nowhere/Here %H", &moment), "-ERR Invalid Timezone\n");
        assert!(run("UTC 99999999999999|%Y", &moment).starts_with("-ERR"));
    }
}
