//! What a stream sent and received.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Counters of one stream since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamStatistics {
    /// RTP packets sent.
    pub sent: u64,
    /// RTP packets of the far end that were taken.
    pub received: u64,
    /// Packets that were not RTP, or of a payload type nobody agreed to.
    pub invalid: u64,
    /// Packets of somebody else than the far end, ignored.
    pub foreign: u64,
    /// Packets of the far end that never came (by sequence number).
    pub lost: u64,
    /// Packets that came too late to be heard, or twice.
    pub late: u64,
    /// Keys received.
    pub dtmf: u64,
    /// Interarrival jitter in samples of 1/8000 s (RFC 3550 §6.4.1).
    pub jitter: u32,
    /// Times the far end changed its SSRC.
    pub ssrc_changes: u32,
}

/// The same, written by the media thread and read by anybody.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) invalid: AtomicU64,
    pub(crate) foreign: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) dtmf: AtomicU64,
    pub(crate) jitter: AtomicU32,
    pub(crate) ssrc_changes: AtomicU32,
}

impl Counters {
    pub(crate) fn read(&self) -> StreamStatistics {
        StreamStatistics {
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            invalid: self.invalid.load(Ordering::Relaxed),
            foreign: self.foreign.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            late: self.late.load(Ordering::Relaxed),
            dtmf: self.dtmf.load(Ordering::Relaxed),
            jitter: self.jitter.load(Ordering::Relaxed),
            ssrc_changes: self.ssrc_changes.load(Ordering::Relaxed),
        }
    }
}

/// Adds one; only the media thread writes, so a plain load and store is enough and cheaper.
pub(crate) fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}
