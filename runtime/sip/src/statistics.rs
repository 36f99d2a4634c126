//! Counters.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a stack has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Messages that came.
    pub received: u64,
    /// Messages that were sent, retransmissions included.
    pub sent: u64,
    /// Messages that our timers sent again.
    pub retransmitted: u64,
    /// Requests that came again and were answered from the transaction.
    pub repeated: u64,
    /// Messages that could not be read; requests among them were answered 4xx.
    pub malformed: u64,
    /// Requests refused by the stack itself (4xx, 5xx), malformed ones included.
    pub refused: u64,
    /// INVITEs refused with 503: backlog or limit of calls reached, or shutting down.
    pub overloaded: u64,
    /// Datagrams lost because a thread's queue or a socket's buffer was full.
    pub dropped: u64,
    /// Calls that came, as invitations.
    pub incoming: u64,
    /// Calls that were made.
    pub outgoing: u64,
    /// Transactions that timed out.
    pub timeouts: u64,
    /// Calls now.
    pub calls: usize,
    /// Transactions now, completed ones that wait for retransmissions included.
    pub transactions: usize,
    /// TCP connections now.
    pub connections: usize,
}

/// The same, counted by all threads.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) retransmitted: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) overloaded: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) incoming: AtomicU64,
    pub(crate) outgoing: AtomicU64,
    pub(crate) timeouts: AtomicU64,
    pub(crate) calls: AtomicUsize,
    pub(crate) transactions: AtomicUsize,
    pub(crate) connections: AtomicUsize,
}

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn read(&self) -> Statistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            received: read(&self.received),
            sent: read(&self.sent),
            retransmitted: read(&self.retransmitted),
            repeated: read(&self.repeated),
            malformed: read(&self.malformed),
            refused: read(&self.refused),
            overloaded: read(&self.overloaded),
            dropped: read(&self.dropped),
            incoming: read(&self.incoming),
            outgoing: read(&self.outgoing),
            timeouts: read(&self.timeouts),
            calls: self.calls.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
        }
    }
}
