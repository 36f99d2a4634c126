//! Packets of others that are sent as they come: echoed, or relayed from another stream.

use tokio::time::Instant;

use super::{Core, Wire};
use crate::codec::Codec;
use crate::stream::{Relayed, Target};

/// Where what is heard goes.
pub(super) struct Relaying {
    id: u64,
    to: Target,
}

impl Core {
    pub(super) fn begin_relay(&mut self, id: u64, to: Target) {
        self.relay = Some(Relaying { id, to });
    }

    pub(super) fn end_relay(&mut self, id: u64) {
        if self.relay.as_ref().is_some_and(|relay| relay.id == id) {
            self.relay = None;
        }
    }

    /// Gives a packet of the far end to whoever it is for: the other stream, or the far end itself.
    pub(super) fn hand_on(
        &mut self,
        now: Instant,
        codec: Codec,
        timestamp: u32,
        payload: &[u8],
        wire: &mut impl Wire,
    ) {
        if let Some(relay) = &self.relay {
            if !relay.to.send(codec, timestamp, payload) {
                self.relay = None;
            }
        } else if self.echo && self.playing.is_none() {
            self.pass_on(now, codec, timestamp, payload, wire);
        }
    }

    /// Sends a packet that another stream heard.
    pub(super) fn relayed(&mut self, now: Instant, relayed: &Relayed, wire: &mut impl Wire) {
        if self.playing.is_none() && self.keys_out.is_none() {
            self.pass_on(now, relayed.codec, relayed.timestamp, &relayed.payload, wire);
        }
    }

    fn pass_on(
        &mut self,
        now: Instant,
        codec: Codec,
        timestamp: u32,
        payload: &[u8],
        wire: &mut impl Wire,
    ) {
        let ours = self.codec();
        if codec == ours {
            return self.send_foreign(now, timestamp, payload, wire);
        }
        let recoded: Vec<u8> = payload.iter().map(|byte| codec.transcode(*byte, ours)).collect();
        self.send_foreign(now, timestamp, &recoded, wire);
    }
}
