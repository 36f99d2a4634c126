//! Keys of a telephone.

mod receive;
mod send;

pub(crate) use receive::Receiver;
pub(crate) use send::Sender;

use crate::codec::SAMPLES_PER_MS;

/// One key, pressed for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtmf {
    /// `0`-`9`, `*`, `#`, `A`-`D`. To send also `w` (500 ms of nothing) and `W` (1 s), `F` (flash).
    pub digit: char,
    /// In samples of 1/8000 s, as FreeSWITCH counts (2000 = 250 ms).
    pub duration: u32,
}

/// How long a key is pressed when nobody says, in samples: 250 ms, FreeSWITCH's default.
pub const DEFAULT_DURATION: u32 = 2000;
/// The shortest press that is sent, in samples: 50 ms.
pub const MIN_DURATION: u32 = 400;
/// The longest press that is sent, in samples: 24 s, FreeSWITCH's limit.
pub const MAX_DURATION: u32 = 192_000;

/// The events of RFC 4733 §3.2, table 3, by number.
const EVENTS: &[u8; 17] = b"0123456789*#ABCDF";

impl Dtmf {
    /// The key for `digit` pressed for the default time; none when there is no such key.
    #[must_use]
    pub fn new(digit: char) -> Option<Self> {
        Self::with_duration(digit, DEFAULT_DURATION)
    }

    /// The key for `digit`, its duration (samples) brought into the bounds that can be sent.
    #[must_use]
    pub fn with_duration(digit: char, duration: u32) -> Option<Self> {
        let digit = if matches!(digit, 'w' | 'W') { digit } else { digit.to_ascii_uppercase() };
        let known = matches!(digit, 'w' | 'W') || event_of(digit).is_some();
        known.then(|| Self { digit, duration: duration.clamp(MIN_DURATION, MAX_DURATION) })
    }

    /// The duration in milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        u64::from(self.duration) / SAMPLES_PER_MS
    }
}

/// The event number of a key.
pub(crate) fn event_of(digit: char) -> Option<u8> {
    let position = EVENTS.iter().position(|event| char::from(*event) == digit)?;
    u8::try_from(position).ok()
}

/// The key of an event number.
pub(crate) fn digit_of(event: u8) -> Option<char> {
    EVENTS.get(usize::from(event)).map(|digit| char::from(*digit))
}
