//! How much a guest may write in a minute.

use std::time::Duration;

use tokio::time::Instant;

/// What the limits of log and output count over.
///
/// A run may live as long as the server: a sum over all of it would silence every daemon at last.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// How many times its limit a guest may try to write in a minute before it ends.
///
/// Up to the limit all is written, from there to here nothing, with one warning a minute: a script
/// that is merely talkative lives, a loop that does nothing else does not.
pub const FAR: usize = 10;

/// A minute's account.
#[derive(Debug)]
pub(crate) struct Volume {
    since: Instant,
    used: usize,
}

/// What to do with what a guest writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// All of it.
    Fits,
    /// Only so many bytes; the limit is reached, for the first time in this minute.
    Cut(usize),
    /// Nothing.
    Refused,
    /// The guest went on far beyond the limit.
    Far,
}

impl Volume {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), used: 0 }
    }

    /// Accounts for `bytes` more under a limit a minute.
    pub(crate) fn write(&mut self, bytes: usize, limit: usize) -> Writing {
        if self.since.elapsed() >= MINUTE {
            *self = Self::new();
        }
        let before = self.used;
        self.used = before.saturating_add(bytes);
        if self.used <= limit {
            Writing::Fits
        } else if self.used > limit.saturating_mul(FAR) {
            Writing::Far
        } else if before <= limit {
            Writing::Cut(limit - before)
        } else {
            Writing::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_at_a_time() {
        let mut volume = Volume::new();
        assert_eq!(volume.write(60, 100), Writing::Fits);
        assert_eq!(volume.write(60, 100), Writing::Cut(40));
        assert_eq!(volume.write(1, 100), Writing::Refused);
        assert_eq!(volume.write(879, 100), Writing::Refused);
        assert_eq!(volume.write(1, 100), Writing::Far);
        tokio::time::advance(MINUTE).await;
        assert_eq!(volume.write(100, 100), Writing::Fits);
    }

    #[tokio::test(start_paused = true)]
    async fn one_write_that_is_far_too_large() {
        assert_eq!(Volume::new().write(usize::MAX, 100), Writing::Far);
        assert_eq!(Volume::new().write(usize::MAX, usize::MAX), Writing::Fits);
    }
}
