//! What one stream hears, sent on by another: one direction of a bridge.

use std::sync::{Arc, Weak};

use super::{Command, Inner, Stream};
use crate::codec::Codec;

/// What a stream hears goes out on another one for as long as this lives. It keeps neither open.
#[derive(Debug)]
#[must_use = "dropped, nothing is relayed"]
pub struct Relay {
    from: Weak<Inner>,
    id: u64,
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(inner) = self.from.upgrade() {
            Stream(inner).send(Command::EndRelay(self.id));
        }
    }
}

/// A packet's sound on its way to another stream.
pub(crate) struct Relayed {
    pub(crate) codec: Codec,
    /// As its sender counts.
    pub(crate) timestamp: u32,
    pub(crate) payload: Box<[u8]>,
}

/// The stream that sends it on.
pub(crate) struct Target(Weak<Inner>);

impl Target {
    /// Hands a packet over; false when there is nobody to send it any more. A packet for a thread
    /// that does not keep up is lost, as on a network.
    pub(crate) fn send(&self, codec: Codec, timestamp: u32, payload: &[u8]) -> bool {
        let Some(inner) = self.0.upgrade() else { return false };
        let relayed = Relayed { codec, timestamp, payload: payload.into() };
        inner.link.send(Command::Relayed(Box::new(relayed)));
        true
    }
}

impl Stream {
    /// Sends what this stream hears out on `to`, packet by packet as it comes, recoded when that one
    /// has another codec. The last relay replaces the one before. What plays on `to`, and keys that
    /// are pressed there, are heard instead of it.
    pub fn relay(&self, to: &Self) -> Relay {
        let id = self.next_id();
        self.send(Command::Relay { id, to: Target(Arc::downgrade(&to.0)) });
        Relay { from: Arc::downgrade(&self.0), id }
    }
}
