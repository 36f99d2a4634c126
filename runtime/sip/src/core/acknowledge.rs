//! ACK (RFC 3261 §13.2.2.4, §13.3.1.4).

use bytes::Bytes;

use super::leg::{Phase, key};
use super::server::ServerState;
use super::{Core, Slot};
use crate::call::Headers;
use crate::event::{CallEvent, Ended};
use crate::wire::{self, Essentials, Request};

impl Core {
    /// The ACK of a 2xx. One that fits nothing is ignored: an ACK is never answered.
    pub(super) fn acknowledged(&mut self, request: &Request, essentials: &Essentials) {
        let Some(slot) = self.leg_of(essentials) else { return };
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let Some(server) = leg.server else { return };
        let Some(transaction) = self.servers.get(server) else { return };
        let cseq = transaction.pending.as_ref().map(|pending| pending.cseq);
        if transaction.state != ServerState::Accepted || cseq != Some(essentials.cseq) {
            return;
        }
        leg.server = None;
        let bye = leg.bye.take();
        self.settle_accepted(server);
        self.tell(slot, CallEvent::Confirmed { sdp: request.sdp() });
        match bye {
            Some(headers) => self.bye(slot, headers),
            None => self.next_modification(slot),
        }
    }

    /// 64·T1 without ACK: the far end is gone (RFC 3261 §13.3.1.4).
    pub(super) fn never_acknowledged(&mut self, slot: Slot) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        leg.server = None;
        let headers = leg.bye.take().unwrap_or_default();
        self.end(slot, Ended::Timeout, Some("no ACK in 64*T1".to_owned()), None);
        self.bye(slot, headers);
    }

    /// Sends the ACK that waited for our answer.
    pub(super) fn acknowledge(&mut self, slot: Slot, sdp: Option<&Bytes>) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if leg.phase != Phase::Up {
            return;
        }
        if let Some(cseq) = leg.unacknowledged.take() {
            self.acknowledge_now(slot, cseq, sdp);
            self.next_modification(slot);
        }
    }

    /// Sends the ACK of a 2xx and keeps it for the 2xx that come again.
    pub(super) fn acknowledge_now(&mut self, slot: Slot, cseq: u32, sdp: Option<&Bytes>) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let client = leg.client.take();
        let Some(leg) = self.legs.get(slot) else { return };
        let ack = self.ack(&leg.dialog, cseq, sdp);
        let (tag, flow) = (leg.dialog.remote_tag.clone(), leg.dialog.flow.clone());
        self.send(flow.clone(), ack.clone());
        if let Some(client) = client {
            self.keep_ack(client, &tag, flow, ack);
        }
    }

    /// An ACK of ours did not arrive. It has no transaction that would tell; without it the call would
    /// last until somebody misses the audio.
    pub(super) fn acknowledgement_unreachable(&mut self, message: &[u8], why: &str) {
        let ids = wire::call_id_of(message).zip(wire::from_tag_of(message));
        let Some((call_id, from_tag)) = ids else { return };
        let Some(&slot) = self.leg_keys.get(&*key(call_id, from_tag)) else { return };
        if self.legs.get(slot).is_some_and(|leg| leg.phase == Phase::Up) {
            self.end(slot, Ended::TransportFailure, Some(why.to_owned()), None);
            self.bye(slot, Headers::new());
        }
    }
}
