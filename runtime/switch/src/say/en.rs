//! English, with the sounds of FreeSWITCH's English set.

use chrono::{DateTime, Datelike, Days, Timelike, Utc};
use chrono_tz::Tz;

use super::{Kind, Language, Method, Moment, Request, Unsayable};

/// Digits of a number that is pronounced; there is no word above millions.
const MAX_DIGITS: usize = 9;

/// English.
#[derive(Clone, Copy, Debug)]
pub(super) struct English;

impl Language for English {
    fn module(&self) -> &'static str {
        "en"
    }

    fn say(&self, request: &Request, moment: &Moment) -> Result<Vec<String>, Unsayable> {
        let Request { kind, method, text } = request;
        let mut words = Words::default();
        match kind {
            Kind::Number | Kind::Items | Kind::Persons | Kind::Messages => {
                words.number(text, *method);
            }
            Kind::Currency => words.currency(text, *method),
            Kind::TimeMeasurement => words.duration(text, *method, moment),
            Kind::CurrentDate | Kind::CurrentTime | Kind::CurrentDateTime | Kind::ShortDateTime => {
                words.moment(text, *kind, *method, moment)
            }
            Kind::IpAddress => words.address(text, *method),
            Kind::NameSpelled | Kind::TelephoneNumber | Kind::TelephoneExtension => {
                words.letters(text, "ascii");
            }
            Kind::NamePhonetic => words.letters(text, "phonetic-ascii"),
            Kind::Url | Kind::EmailAddress | Kind::PostalAddress | Kind::AccountNumber => {
                return Err(Unsayable);
            }
        }
        Ok(words.0)
    }
}

/// What was said so far.
#[derive(Default)]
struct Words(Vec<String>);

impl Words {
    fn add(&mut self, sound: impl Into<String>) {
        self.0.push(sound.into());
    }

    /// A number as it is written; what is none is not said.
    fn number(&mut self, text: &str, method: Method) {
        let Some(digits) = digits(text) else { return };
        if method == Method::Iterated {
            digits.chars().for_each(|digit| self.add(format!("digits/{digit}")));
            return;
        }
        // At most nine digits.
        let number = digits.parse().unwrap_or(0);
        match method {
            Method::None => {}
            _ if number == 0 => self.add("digits/0"),
            _ => self.count(number, method),
        }
    }

    /// A number above 0.
    fn count(&mut self, number: u32, method: Method) {
        for (group, name) in
            [(number / 1_000_000, "digits/million"), (number / 1_000 % 1_000, "digits/thousand")]
        {
            if group > 0 {
                self.group(group, Method::Pronounced);
                self.add(name);
            }
        }
        self.group(number % 1_000, method);
    }

    /// A number below 1000, without hundreds of thousands of anything.
    fn group(&mut self, number: u32, method: Method) {
        let ordinal = if method == Method::Counted { "h-" } else { "" };
        let (hundreds, rest) = (number / 100, number % 100);
        if hundreds > 0 {
            self.add(format!("digits/{hundreds}"));
            self.add("digits/hundred");
        }
        match rest {
            0 => {}
            1..=19 => self.add(format!("digits/{ordinal}{rest}")),
            _ if rest % 10 == 0 => self.add(format!("digits/{ordinal}{rest}")),
            _ => {
                self.add(format!("digits/{}", rest - rest % 10));
                self.add(format!("digits/{ordinal}{}", rest % 10));
            }
        }
    }

    /// A small number of ours.
    fn small(&mut self, number: u64, method: Method) {
        self.number(&number.to_string(), method);
    }

    fn currency(&mut self, text: &str, method: Method) {
        let text = text.trim();
        let amount = match text.strip_prefix('-') {
            Some(amount) => {
                self.add("currency/negative");
                amount
            }
            None => text.strip_prefix('+').unwrap_or(text),
        };
        let (dollars, cents) = amount.split_once('.').unwrap_or((amount, "0"));
        // As FreeSWITCH: what follows the second digit is left out, `.5` is five cents.
        let cents: String = cents.chars().take(2).collect();
        let one = |text: &str| digits(text).and_then(|digits| digits.parse().ok()) == Some(1_u32);
        self.number(dollars, method);
        self.add(if one(dollars) { "currency/dollar" } else { "currency/dollars" });
        self.add("currency/and");
        self.number(if cents.is_empty() { "0" } else { &cents }, method);
        self.add(if one(&cents) { "currency/cent" } else { "currency/cents" });
    }

    /// Hours, minutes and seconds; without a text those of now, as in FreeSWITCH.
    fn duration(&mut self, text: &str, method: Method, moment: &Moment) {
        let parts: Vec<u64> =
            text.split(':').map(|part| part.trim().parse().unwrap_or(0)).collect();
        let (hours, minutes, seconds) = match parts[..] {
            [hours, minutes, seconds] => (hours, minutes, seconds),
            [minutes, seconds] => (0, minutes, seconds),
            _ => {
                let all = parts.first().copied().filter(|seconds| *seconds > 0);
                let all = all.unwrap_or(moment.now.timestamp().unsigned_abs());
                (all / 3600, all / 60 % 60, all % 60)
            }
        };
        for (count, one, many) in [
            (hours, "time/hour", "time/hours"),
            (minutes, "time/minute", "time/minutes"),
            (seconds, "time/second", "time/seconds"),
        ] {
            self.small(count, method);
            self.add(if count == 1 { one } else { many });
        }
    }

    fn moment(&mut self, text: &str, kind: Kind, method: Method, moment: &Moment) {
        let seconds = text.trim().parse::<i64>().ok().filter(|seconds| *seconds > 0);
        let at = seconds.and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0));
        let at = at.unwrap_or(moment.now).with_timezone(&moment.zone);
        match kind {
            Kind::CurrentDate => {
                self.date(&at, method, true);
                return;
            }
            Kind::CurrentTime => {}
            Kind::ShortDateTime => {
                self.short_date(&at, method, moment);
                self.add("time/at");
            }
            _ => {
                self.date(&at, method, true);
                self.add("time/at");
            }
        }
        self.time(&at);
    }

    fn date(&mut self, at: &DateTime<Tz>, method: Method, year: bool) {
        self.weekday(at);
        self.add(format!("time/mon-{}", at.month0()));
        self.small(at.day().into(), method);
        if year {
            self.small(at.year().unsigned_abs().into(), Method::Pronounced);
        }
    }

    fn weekday(&mut self, at: &DateTime<Tz>) {
        self.add(format!("time/day-{}", at.weekday().num_days_from_sunday()));
    }

    /// As little of the date as tells it apart.
    fn short_date(&mut self, at: &DateTime<Tz>, method: Method, moment: &Moment) {
        let today = moment.now.with_timezone(&moment.zone).date_naive();
        let day = at.date_naive();
        let yesterday = today.checked_sub_days(Days::new(1));
        if day == today {
            self.add("time/today");
        } else if Some(day) == yesterday {
            self.add("time/yesterday");
        } else if day < today
            && today.checked_sub_days(Days::new(5)).is_some_and(|then| day >= then)
        {
            self.weekday(at);
        } else {
            self.date(at, method, day > today || day.year() != today.year());
        }
    }

    fn time(&mut self, at: &DateTime<Tz>) {
        let (afternoon, hour) = at.hour12();
        self.add(format!("digits/{hour}"));
        match at.minute() {
            0 => self.add("time/oclock"),
            minute => {
                if minute < 10 {
                    self.add("time/oh");
                }
                self.small(minute.into(), Method::Pronounced);
            }
        }
        self.add(if afternoon { "time/p-m" } else { "time/a-m" });
    }

    fn address(&mut self, text: &str, method: Method) {
        if text.contains(':') {
            self.letters(text, "ascii");
            return;
        }
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() != 4 {
            return;
        }
        for (place, part) in parts.into_iter().enumerate() {
            if place > 0 {
                self.add("digits/dot");
            }
            self.number(part, method);
        }
    }

    /// Digits and letters, one by one; what has no sound of its own (beyond ASCII) is left out.
    fn letters(&mut self, text: &str, folder: &str) {
        for letter in text.chars().filter(char::is_ascii) {
            match letter.to_ascii_lowercase() {
                digit @ '0'..='9' => self.add(format!("digits/{digit}")),
                letter => self.add(format!("{folder}/{}", u32::from(letter))),
            }
        }
    }
}

/// The digits of a number; none when it is none, or has more than can be pronounced. Commas may stand
/// between the digits.
fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != ',').collect();
    let number = !digits.is_empty()
        && digits.len() <= MAX_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    number.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said on Tuesday, 14 November 2023, 22:13:20 UTC, in short.
    fn said(kind: Kind, method: Method, text: &str) -> String {
        said_in(kind, method, text, Tz::UTC)
    }

    fn said_in(kind: Kind, method: Method, text: &str, zone: Tz) -> String {
        let now = DateTime::<Utc>::from_timestamp(1_700_000_000, 0).unwrap();
        let request = Request { kind, method, text: text.to_owned() };
        English.say(&request, &Moment { now, zone }).unwrap().join(" ")
    }

    #[test]
    fn numbers() {
        for (text, method, words) in [
            (
                "1,234",
                Method::Pronounced,
                "digits/1 digits/thousand digits/2 digits/hundred digits/30 digits/4",
            ),
            (
                "999999999",
                Method::Pronounced,
                "digits/9 digits/hundred digits/90 digits/9 digits/million digits/9 digits/hundred digits/90 digits/9 digits/thousand digits/9 digits/hundred digits/90 digits/9",
            ),
            ("21", Method::Counted, "digits/20 digits/h-1"),
            ("30", Method::Counted, "digits/h-30"),
            ("12", Method::Counted, "digits/h-12"),
            ("007", Method::Iterated, "digits/0 digits/0 digits/7"),
            ("1.5", Method::Pronounced, ""),
            ("-5", Method::Pronounced, ""),
            ("", Method::Pronounced, ""),
            ("5", Method::None, ""),
        ] {
            assert_eq!(said(Kind::Number, method, text), words, "{text} {method:?}");
        }
    }

    #[test]
    fn money() {
        for (text, words) in [
            (
                "-3.01",
                "currency/negative digits/3 currency/dollars currency/and digits/1 currency/cent",
            ),
            ("1", "digits/1 currency/dollar currency/and digits/0 currency/cents"),
            ("2.999", "digits/2 currency/dollars currency/and digits/90 digits/9 currency/cents"),
        ] {
            assert_eq!(said(Kind::Currency, Method::Pronounced, text), words, "{text}");
        }
    }

    #[test]
    fn times() {
        let long = "time/day-2 time/mon-10 digits/14 digits/2 digits/thousand digits/20 digits/3";
        assert_eq!(said(Kind::CurrentDate, Method::Pronounced, "1700000000"), long);
        let counted = said(Kind::CurrentDate, Method::Counted, "0");
        assert_eq!(counted, long.replace("digits/14", "digits/h-14"));
        // In New York it is five hours earlier.
        let there = said_in(Kind::CurrentTime, Method::Pronounced, "", Tz::America__New_York);
        assert_eq!(there, "digits/5 digits/13 time/p-m");
        for (ago, words) in [
            (3600 * 10 + 13 * 60, "time/today time/at digits/12 time/oclock time/p-m"),
            (86_400 - 50 * 60, "time/yesterday time/at digits/11 time/oh digits/3 time/p-m"),
            (3 * 86_400, "time/day-6 time/at digits/10 digits/13 time/p-m"),
            (30 * 86_400, "time/day-0 time/mon-9 digits/15 time/at digits/10 digits/13 time/p-m"),
        ] {
            let text = (1_700_000_000 - ago).to_string();
            assert_eq!(said(Kind::ShortDateTime, Method::Pronounced, &text), words, "{ago}");
        }
        for (text, words) in [
            ("1:02:00", "digits/1 time/hour digits/2 time/minutes digits/0 time/seconds"),
            ("0:61", "digits/0 time/hours digits/0 time/minutes digits/60 digits/1 time/seconds"),
        ] {
            assert_eq!(said(Kind::TimeMeasurement, Method::Pronounced, text), words, "{text}");
        }
    }

    #[test]
    fn letters_and_addresses() {
        for (kind, text, words) in [
            (Kind::NameSpelled, "Zoë 2", "ascii/122 ascii/111 ascii/32 digits/2"),
            (Kind::NamePhonetic, "aB", "phonetic-ascii/97 phonetic-ascii/98"),
            (Kind::IpAddress, "::1", "ascii/58 ascii/58 digits/1"),
            (Kind::IpAddress, "1.2", ""),
        ] {
            assert_eq!(said(kind, Method::Pronounced, text), words, "{text}");
        }
        let request =
            Request { kind: Kind::Url, method: Method::None, text: "http://x".to_owned() };
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert_eq!(English.say(&request, &Moment { now, zone: Tz::UTC }), Err(Unsayable));
    }
}
