//! Media threads: each paces its streams in slots of 1 ms and receives for them.

mod histogram;
mod os;
mod ports;
mod sockets;
mod thread;
mod timers;
mod wheel;

pub(crate) use histogram::Histogram;
pub(crate) use ports::Ports;
pub(crate) use thread::{Handle, spawn};

use std::sync::atomic::{AtomicU64, Ordering};

/// What a thread did so far; read from anywhere.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) streams: AtomicU64,
    pub(crate) active: AtomicU64,
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) slips: AtomicU64,
    /// Nanoseconds.
    pub(crate) cpu: AtomicU64,
    /// How late packets left, in microseconds.
    pub(crate) lateness: Histogram,
}

/// Adds to a counter that only this thread writes.
pub(crate) fn add(counter: &AtomicU64, number: u64) {
    counter.store(counter.load(Ordering::Relaxed) + number, Ordering::Relaxed);
}
