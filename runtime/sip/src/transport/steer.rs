//! Gives each message to the thread of its Call-ID.
//!
//! The kernel spreads datagrams over the threads' sockets by their source, so that all calls of one
//! peer (a trunk) come to one thread; this spreads them again.

use std::hash::BuildHasher;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Input;
use crate::statistics::{Counters, count};
use crate::wire;

/// Where messages go from one thread's sockets.
#[derive(Clone, Debug)]
pub(crate) struct Steer {
    /// The thread that hears.
    pub(crate) here: usize,
    pub(crate) shards: Arc<[mpsc::Sender<Input>]>,
    pub(crate) hash: foldhash::fast::FixedState,
    pub(crate) counters: Arc<Counters>,
}

impl Steer {
    /// The thread that owns a Call-ID.
    pub(crate) fn shard(&self, call_id: &[u8]) -> usize {
        shard(&self.hash, call_id, self.shards.len())
    }

    /// Hands a message over. Our own thread lets us wait, and what comes meanwhile waits in the
    /// kernel's buffer; another thread that is behind loses it, as a network would.
    pub(crate) async fn give(&self, input: Input, data: &[u8]) {
        let to = wire::call_id_of(data).map_or(self.here, |id| self.shard(id));
        let Some(shard) = self.shards.get(to) else { return };
        if to == self.here {
            // A closed channel: the thread is ending.
            let _ = shard.send(input).await;
        } else if shard.try_send(input).is_err() {
            count(&self.counters.dropped);
        }
    }

    /// Tells the own thread.
    pub(crate) async fn tell(&self, input: Input) {
        if let Some(shard) = self.shards.get(self.here) {
            let _ = shard.send(input).await;
        }
    }
}

/// The same for calls that begin here.
pub(crate) fn shard(hash: &foldhash::fast::FixedState, call_id: &[u8], shards: usize) -> usize {
    let hash = hash.hash_one(call_id);
    usize::try_from(hash % shards.max(1) as u64).unwrap_or(0)
}
