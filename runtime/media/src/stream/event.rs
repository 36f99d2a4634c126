//! What a stream reports without being asked.

use std::time::Duration;

/// Something that happened on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The far end pressed a key; reported once, when it is released.
    Dtmf {
        /// `0`-`9`, `*`, `#`, `A`-`D`, `F` (flash).
        digit: char,
        /// In samples of 1/8000 s.
        duration: u32,
    },
    /// Nothing was received for the configured time although the far end may send. Reported once
    /// until something is received again.
    Timeout {
        /// How long nothing came.
        silent: Duration,
        /// Whether anything was ever received on this stream.
        ever: bool,
    },
}
