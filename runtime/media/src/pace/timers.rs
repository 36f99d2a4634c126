//! Deadlines of streams: reports, timeouts, keys without an end. Few and slow, so a tree.

use std::collections::BTreeSet;

use tokio::time::Instant;

/// The deadlines of one thread, one a stream.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Instant, u64)>);

impl Timers {
    /// Replaces a stream's deadline.
    pub(super) fn set(&mut self, stream: u64, old: Option<Instant>, new: Option<Instant>) {
        if let Some(old) = old {
            self.0.remove(&(old, stream));
        }
        if let Some(new) = new {
            self.0.insert((new, stream));
        }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.first().map(|(due, _)| *due)
    }

    /// The next stream that is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<u64> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, stream)| stream)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stream_has_one_deadline_and_the_earliest_comes_first() {
        let now = Instant::now();
        let later = |ms| now + Duration::from_millis(ms);
        let mut timers = Timers::default();
        timers.set(1, None, Some(later(10)));
        timers.set(2, None, Some(later(20)));
        timers.set(1, Some(later(10)), Some(later(30)));
        assert_eq!(timers.next(), Some(later(20)));
        assert_eq!(timers.take(later(19)), None);
        assert_eq!(timers.take(later(40)), Some(2));
        assert_eq!(timers.take(later(40)), Some(1));
        assert_eq!(timers.next(), None);
    }
}
