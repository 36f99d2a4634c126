//! How many calls the server takes: `max-sessions` and `sessions-per-second`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use ringfence_sip::Stack;
use tokio::time::Instant;

use super::Switch;
use crate::channel::Direction;

/// Told in Retry-After of a 503, in seconds.
pub const RETRY_AFTER: u32 = 5;

/// Why a call was refused before it became a session. All are answered with 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// As many calls as `max-sessions` of switch.conf.xml allows.
    #[error("as many calls as max-sessions allows")]
    Busy,
    /// More new calls in this second than `sessions-per-second` of switch.conf.xml allows.
    #[error("more new calls than sessions-per-second allows")]
    TooFast,
    /// The server is being shut down.
    #[error("shutting down")]
    ShuttingDown,
    /// `fsctl pause`.
    #[error("calls of this direction are paused")]
    Paused,
    /// The SIP profile is not configured any more.
    #[error("its SIP profile is gone")]
    Unavailable,
}

/// New calls in the current second.
#[derive(Debug)]
pub(super) struct Rate {
    second: Instant,
    count: u32,
    last: u32,
    peak: u32,
}

impl Rate {
    pub(super) fn new() -> Self {
        Self { second: Instant::now(), count: 0, last: 0, peak: 0 }
    }

    /// Counts a new call; false when it is one too many.
    fn admit(&mut self, now: Instant, limit: u32) -> bool {
        let passed = now.saturating_duration_since(self.second);
        if passed >= Duration::from_secs(1) {
            self.last = if passed < Duration::from_secs(2) { self.count } else { 0 };
            self.second = now;
            self.count = 0;
        }
        if self.count >= limit {
            return false;
        }
        self.count += 1;
        self.peak = self.peak.max(self.count);
        true
    }
}

impl Switch {
    /// Takes no new calls of a direction, or takes them again.
    pub fn pause(&self, direction: Direction, pause: bool) {
        self.0.paused[direction as usize].store(pause, Ordering::Relaxed);
    }

    /// Whether calls of a direction are paused.
    #[must_use]
    pub fn paused(&self, direction: Direction) -> bool {
        self.0.paused[direction as usize].load(Ordering::Relaxed)
    }

    /// Lets one more call in and gives it its number.
    pub(crate) fn admit(&self, direction: Direction) -> Result<u64, Refusal> {
        let configuration = self.0.configuration.load();
        let refusal = if self.0.closing.load(Ordering::Relaxed) {
            Some(Refusal::ShuttingDown)
        } else if self.paused(direction) {
            Some(Refusal::Paused)
        } else if self.0.sessions.read().len() >= configuration.max_sessions() {
            Some(Refusal::Busy)
        } else if !self.0.rate.lock().admit(Instant::now(), configuration.sessions_per_second()) {
            Some(Refusal::TooFast)
        } else {
            None
        };
        match refusal {
            Some(refusal) => {
                self.0.counters.refused();
                Err(refusal)
            }
            None => Ok(self.next_number()),
        }
    }

    /// New sessions in the last full second, and the most in any.
    pub(crate) fn rate(&self) -> (u32, u32) {
        let rate = self.0.rate.lock();
        let passed = rate.second.elapsed();
        let last = match passed.as_secs() {
            0 => rate.last,
            1 => rate.count,
            _ => 0,
        };
        (last, rate.peak)
    }
}

/// The addresses that tell others where this server is, for events.
pub(super) fn addresses(stack: Option<&Stack>) -> (IpAddr, IpAddr) {
    let mut v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    for bound in stack.map(Stack::bound).unwrap_or_default() {
        match bound.address.ip() {
            IpAddr::V4(ip) if !ip.is_unspecified() => v4 = ip.into(),
            IpAddr::V6(ip) if !ip.is_unspecified() => v6 = ip.into(),
            _ => {}
        }
    }
    (v4, v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_has_a_limit() {
        let mut rate = Rate::new();
        assert!((0..5).all(|_| rate.admit(Instant::now(), 5)));
        assert!(!rate.admit(Instant::now(), 5));
        tokio::time::advance(Duration::from_millis(1001)).await;
        assert!(rate.admit(Instant::now(), 5));
        assert_eq!((rate.last, rate.peak), (5, 5));
    }
}
