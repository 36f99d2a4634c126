//! Keys in the body of a SIP INFO: `application/dtmf-relay` and `application/dtmf`.

use super::{DEFAULT_DURATION, Dtmf};
use crate::codec::SAMPLES_PER_MS;

/// Lines that are looked at; real bodies have two.
const MAX_LINES: usize = 16;

impl Dtmf {
    /// The key in the body of an INFO; none when the type is another or there is no key in it.
    ///
    /// # Format
    ///
    /// `application/dtmf-relay`: lines `Signal=5` and `Duration=160` (ms). `application/dtmf`: the
    /// key alone, or its event number 10 to 16.
    #[must_use]
    pub fn from_info(content_type: &str, body: &str) -> Option<Self> {
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/dtmf") {
            return Self::signal(body.trim(), DEFAULT_DURATION);
        }
        if !kind.eq_ignore_ascii_case("application/dtmf-relay") {
            return None;
        }
        let field = |name: &str| {
            let lines = body.lines().take(MAX_LINES).filter_map(|line| line.split_once(['=', ':']));
            let mut named = lines.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
            named.next().map(|(_, value)| value.trim())
        };
        let milliseconds = field("Duration").and_then(|value| value.parse::<u32>().ok());
        let duration = milliseconds.map(|ms| ms.saturating_mul(SAMPLES_PER_MS as u32));
        Self::signal(field("Signal")?, duration.unwrap_or(DEFAULT_DURATION))
    }

    /// The body of an INFO for this key, of type `application/dtmf-relay`.
    #[must_use]
    pub fn to_info(&self) -> String {
        format!("Signal={}\r\nDuration={}\r\n", self.digit, self.milliseconds())
    }

    fn signal(signal: &str, duration: u32) -> Option<Self> {
        let mut characters = signal.chars();
        let digit = match (characters.next(), characters.next()) {
            (Some('w' | 'W'), None) => None, // A pause is no key.
            (Some(digit), None) => Some(digit),
            _ => super::digit_of(signal.parse().ok()?),
        };
        Self::with_duration(digit?, duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_types_are_read() {
        let key = |kind, body| Dtmf::from_info(kind, body).map(|key| (key.digit, key.duration));
        let relay = "application/dtmf-relay";
        assert_eq!(key(relay, "Signal=5\r\nDuration=160\r\n"), Some(('5', 1280)));
        assert_eq!(key(relay, "Signal= #\nDuration= 250"), Some(('#', 2000)));
        assert_eq!(key("Application/DTMF-Relay;charset=x", "signal:a\r\n"), Some(('A', 2000)));
        assert_eq!(key(relay, "Signal=11\r\nDuration=100"), Some(('#', 800)));
        assert_eq!(key(relay, "Signal=1\r\nDuration=4000000000"), Some(('1', 192_000)));
        assert_eq!(key("application/dtmf", " 7\r\n"), Some(('7', 2000)));
        assert_eq!(key(relay, "Duration=160"), None);
        assert_eq!(key(relay, "Signal=xy"), None);
        assert_eq!(key("application/dtmf", "w"), None);
        assert_eq!(key("text/plain", "5"), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let key = Dtmf { digit: '*', duration: 1600 };
        assert_eq!(Dtmf::from_info("application/dtmf-relay", &key.to_info()), Some(key));
    }
}
