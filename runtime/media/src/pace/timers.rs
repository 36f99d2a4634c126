//! Deadlines of streams: reports, timeouts, keys without an end. Few and slow, so a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tokio::time::Instant;

/// The deadlines of one thread. An entry may be older than what its stream wants by now; the thread
/// looks again when it comes up.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, u64)>>);

impl Timers {
    pub(super) fn add(&mut self, due: Instant, stream: u64) {
        self.0.push(Reverse((due, stream)));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((due, _))| *due)
    }

    /// The next entry that is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<(Instant, u64)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }
}
