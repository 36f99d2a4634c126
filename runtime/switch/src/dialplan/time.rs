//! Conditions on the time: `wday="mon-fri" hour="9-17"`.

use std::sync::LazyLock;
use std::time::SystemTime;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::{OffsetComponents, Tz};

use super::Caller;
use crate::variable::{integer, is_true};
use crate::xml::{Element, Fault, Place};

/// All time attributes of one element; all must pass.
#[derive(Debug)]
pub(super) struct TimeRule {
    checks: Vec<Check>,
}

#[derive(Debug)]
enum Check {
    Number(Unit, Vec<(i64, i64)>),
    /// Seconds of the day, both ends included.
    TimeOfDay(Vec<(u32, u32)>),
    /// From, up to and without.
    DateTime(Vec<(NaiveDateTime, NaiveDateTime)>),
    Dst(bool),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Unit {
    Year,
    DayOfYear,
    Month,
    DayOfMonth,
    Week,
    WeekOfMonth,
    /// 1 is Sunday.
    DayOfWeek,
    Hour,
    Minute,
    /// 1 to 1440.
    MinuteOfDay,
    /// Hours east of Greenwich.
    Offset,
}

impl TimeRule {
    pub(super) const ATTRIBUTES: [&'static str; 13] = [
        "date-time",
        "year",
        "yday",
        "mon",
        "mday",
        "week",
        "mweek",
        "wday",
        "hour",
        "minute",
        "minute-of-day",
        "time-of-day",
        "tz-offset",
    ];

    /// The rule that an element's attributes make; none without any. What cannot be read never
    /// passes, and is told.
    pub(super) fn read(element: &Element, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut checks = Vec::new();
        for (name, value) in &element.attributes {
            let unit = match name.as_str() {
                "year" => Unit::Year,
                "yday" => Unit::DayOfYear,
                "mon" => Unit::Month,
                "mday" => Unit::DayOfMonth,
                "week" => Unit::Week,
                "mweek" => Unit::WeekOfMonth,
                "wday" => Unit::DayOfWeek,
                "hour" => Unit::Hour,
                "minute" => Unit::Minute,
                "minute-of-day" => Unit::MinuteOfDay,
                "tz-offset" => Unit::Offset,
                "time-of-day" => {
                    let ranges = list(value, name, time_range, element, faults);
                    checks.push(Check::TimeOfDay(ranges));
                    continue;
                }
                "date-time" => {
                    let ranges = list(value, name, date_range, element, faults);
                    checks.push(Check::DateTime(ranges));
                    continue;
                }
                "dst" => {
                    checks.push(Check::Dst(is_true(value)));
                    continue;
                }
                _ => continue,
            };
            let range = |item: &str| number_range(unit, item);
            checks.push(Check::Number(unit, list(value, name, range, element, faults)));
        }
        (!checks.is_empty()).then_some(Self { checks })
    }

    /// Whether the caller's time passes.
    pub(super) fn passes(&self, caller: &dyn Caller, place: &Place) -> bool {
        match Moment::of(caller) {
            Ok(moment) => self.checks.iter().all(|check| check.passes(&moment)),
            Err(zone) => {
                tracing::warn!(
                    call = caller.field("uuid"), at = %place, zone,
                    "there is no such time zone; the condition does not pass"
                );
                false
            }
        }
    }
}

impl Check {
    fn passes(&self, moment: &Moment) -> bool {
        match self {
            Self::Number(unit, ranges) => within(moment.value(*unit), ranges),
            Self::TimeOfDay(ranges) => within(moment.local.num_seconds_from_midnight(), ranges),
            Self::DateTime(ranges) => {
                ranges.iter().any(|(from, to)| (from..to).contains(&&moment.server))
            }
            Self::Dst(dst) => moment.dst == *dst,
        }
    }
}

/// Whether a value is in one of the ranges; `22-6` goes over the end.
fn within<T: PartialOrd>(value: T, ranges: &[(T, T)]) -> bool {
    ranges.iter().any(|(low, high)| {
        if low <= high { *low <= value && value <= *high } else { *low <= value || value <= *high }
    })
}

/// A time, taken apart.
struct Moment {
    /// In the caller's zone.
    local: NaiveDateTime,
    /// In the server's zone: `date-time` looks at this one.
    server: NaiveDateTime,
    /// East of Greenwich.
    offset_hours: i64,
    dst: bool,
}

impl Moment {
    /// Now, in the zone of the variable `tod_tz_offset` (hours), else `timezone`, else the server's.
    /// The error is a zone that does not exist.
    fn of(caller: &dyn Caller) -> Result<Self, String> {
        let now = DateTime::<Utc>::from(caller.now().max(SystemTime::UNIX_EPOCH));
        let at_home = now.with_timezone(&caller.zone());
        let server = at_home.naive_local();
        let hours = caller
            .variable("tod_tz_offset")
            .filter(|text| is_number(text))
            .and_then(|text| i32::try_from(integer(&text)).ok());
        if let Some(hours) = hours {
            let zone = hours.checked_mul(3600).and_then(FixedOffset::east_opt);
            let zone = zone.ok_or_else(|| format!("tod_tz_offset={hours}"))?;
            let local = now.with_timezone(&zone).naive_local();
            return Ok(Self { local, server, offset_hours: i64::from(hours), dst: false });
        }
        let zoned = match caller.variable("timezone").filter(|name| !name.is_empty()) {
            Some(name) => now.with_timezone(&name.parse::<Tz>().map_err(|_| name)?),
            None => at_home,
        };
        Ok(Self {
            local: zoned.naive_local(),
            server,
            offset_hours: i64::from(zoned.offset().fix().local_minus_utc() / 3600),
            dst: !zoned.offset().dst_offset().is_zero(),
        })
    }

    fn value(&self, unit: Unit) -> i64 {
        let time = &self.local;
        let weekday = i64::from(time.weekday().num_days_from_sunday());
        let day = i64::from(time.day());
        match unit {
            Unit::Year => i64::from(time.year()),
            Unit::DayOfYear => i64::from(time.ordinal()),
            Unit::Month => i64::from(time.month()),
            Unit::DayOfMonth => day,
            // Weeks begin on Sunday; days before the first one are week 0.
            Unit::Week => (i64::from(time.ordinal0()) + 7 - weekday) / 7,
            Unit::WeekOfMonth => {
                let first = (weekday - (day - 1)).rem_euclid(7);
                (day + first + 6) / 7
            }
            Unit::DayOfWeek => weekday + 1,
            Unit::Hour => i64::from(time.hour()),
            Unit::Minute => i64::from(time.minute()),
            Unit::MinuteOfDay => i64::from(time.num_seconds_from_midnight() / 60) + 1,
            Unit::Offset => self.offset_hours,
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// The items of a list; those that cannot be read are told and left out.
fn list<T>(
    value: &str,
    name: &str,
    read: impl Fn(&str) -> Result<T, &'static str>,
    element: &Element,
    faults: &mut Vec<Fault>,
) -> Vec<T> {
    let mut items = Vec::new();
    for item in value.split(',') {
        match read(item.trim()) {
            Ok(item) => items.push(item),
            Err(right) => faults.push(Fault::warning(
                element.place.clone(),
                format!("{name}=\"{value}\": \"{item}\" never passes; {right}"),
            )),
        }
    }
    items
}

fn number_range(unit: Unit, item: &str) -> Result<(i64, i64), &'static str> {
    if let Some(single) = number(unit, item) {
        return Ok((single, single));
    }
    // From the second character on: the first may be a sign.
    let dash = item.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at);
    dash.and_then(|at| {
        let (low, high) = item.split_at(at);
        Some((number(unit, low)?, number(unit, high.strip_prefix('-')?)?))
    })
    .ok_or(match unit {
        Unit::DayOfWeek => "write 1 (Sunday) to 7, sun to sat, or a range as mon-fri",
        _ => "write a number or a range as 9-17",
    })
}

fn number(unit: Unit, text: &str) -> Option<i64> {
    let text = text.trim();
    if unit == Unit::DayOfWeek
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && let Some(name) = text.get(..3)
        && let Some(day) = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            .iter()
            .position(|day| day.eq_ignore_ascii_case(name))
    {
        return i64::try_from(day + 1).ok();
    }
    text.parse().ok()
}

fn time_range(item: &str) -> Result<(u32, u32), &'static str> {
    item.split_once('-')
        .and_then(|(from, to)| Some((time_of_day(from)?, time_of_day(to)?)))
        .ok_or("write hh:mm[:ss]-hh:mm[:ss]")
}

fn time_of_day(text: &str) -> Option<u32> {
    let mut parts = text.trim().split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    // Not `then_some`: what is out of range must not be multiplied.
    (hours <= 24 && minutes < 60 && seconds < 60 && parts.next().is_none())
        .then(|| hours * 3600 + minutes * 60 + seconds)
}

fn date_range(item: &str) -> Result<(NaiveDateTime, NaiveDateTime), &'static str> {
    item.split_once('~')
        .and_then(|(from, to)| Some((date_time(from.trim())?, date_time(to.trim())?)))
        .ok_or("write YYYY-MM-DD hh:mm[:ss]~YYYY-MM-DD hh:mm[:ss]")
}

fn date_time(text: &str) -> Option<NaiveDateTime> {
    let date = |text: &str| chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    match text.split_once(' ') {
        Some((day, time)) => {
            let seconds = time_of_day(time)?;
            date(day)?
                .and_hms_opt(0, 0, 0)?
                .checked_add_signed(chrono::TimeDelta::seconds(i64::from(seconds)))
        }
        None => date(text)?.and_hms_opt(0, 0, 0),
    }
}

/// The machine's time zone: the variable TZ of the environment, else what the system is set to.
pub(crate) fn local_zone() -> Tz {
    static ZONE: LazyLock<Tz> = LazyLock::new(|| {
        let named =
            std::env::var("TZ").ok().and_then(|name| name.trim_start_matches(':').parse().ok());
        named.or_else(|| iana_time_zone::get_timezone().ok()?.parse().ok()).unwrap_or(Tz::UTC)
    });
    *ZONE
}

/// A moment in a zone; for commands that print times.
pub(crate) fn in_zone(time: SystemTime, zone: Tz) -> DateTime<Tz> {
    zone.from_utc_datetime(&DateTime::<Utc>::from(time).naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_one() {
        assert_eq!(time_range("08:00-17:30:15"), Ok((28_800, 63_015)));
        for wrong in ["4294967295:00-09:00", "08:60-09:00", "08:00-09:00:4294967295", "8-9", ""] {
            assert!(time_range(wrong).is_err(), "{wrong}");
        }
    }
}
