//! What happened since the start, in numbers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::cause::Cause;

/// What happened since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Sessions that were made.
    pub total: u64,
    /// Sessions now.
    pub active: usize,
    /// Most sessions at a time.
    pub peak: usize,
    /// Sessions that ended with another cause than `NORMAL_CLEARING`.
    pub failed: u64,
    /// Calls that were refused before they became a session.
    pub refused: u64,
    /// Sessions that ended, by cause, most frequent first.
    pub causes: Vec<(Cause, u64)>,
}

/// The same, counted from all threads.
#[derive(Debug, Default)]
pub struct Counters {
    total: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    peak: AtomicUsize,
    causes: Mutex<HashMap<Cause, u64, foldhash::fast::RandomState>>,
}

impl Counters {
    pub(super) fn active(&self, now: usize) {
        self.total.fetch_add(1, Ordering::Relaxed);
        self.peak.fetch_max(now, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// A session ended.
    pub(crate) fn ended(&self, cause: Cause) {
        if cause != Cause::NORMAL_CLEARING {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        // As many entries as there are numbers for causes in use; a far end can make up some more
        // (Q.850 has 127), but not without end: others are counted as UNKNOWN.
        let known = if cause.name() == "UNKNOWN" { Cause::from_number(u32::MAX) } else { cause };
        *self.causes.lock().entry(known).or_default() += 1;
    }

    pub(super) fn read(&self, active: usize) -> Statistics {
        let mut causes: Vec<(Cause, u64)> =
            self.causes.lock().iter().map(|(cause, count)| (*cause, *count)).collect();
        causes.sort_by_key(|(cause, count)| (std::cmp::Reverse(*count), cause.number()));
        Statistics {
            total: self.total.load(Ordering::Relaxed),
            active,
            peak: self.peak.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            causes,
        }
    }
}
