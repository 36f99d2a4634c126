//! A call: a dialog, its INVITE transactions, and the channel to whoever serves it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::sync::mpsc;
use tracing::debug;

use super::dialog::Dialog;
use super::invite::Dial;
use super::{Core, Slot};
use crate::call::{CallOrder, Headers, Order, Shared};
use crate::event::{CallEvent, Ended};
use crate::wire::Request;

/// Events of one call that may wait to be read. One place is kept for the last event.
pub(crate) const EVENTS: usize = 32;

/// A call.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) shared: Arc<Shared>,
    /// None after the last event.
    pub(super) events: Option<mpsc::Sender<CallEvent>>,
    pub(super) dialog: Dialog,
    pub(super) phase: Phase,
    /// We made the Call-ID.
    pub(super) ours: bool,
    /// The INVITE (or re-INVITE) of the far end, until it is answered and acknowledged.
    pub(super) server: Option<Slot>,
    /// Our INVITE or re-INVITE, until it is answered and acknowledged.
    pub(super) client: Option<Slot>,
    /// Our INVITE's CSeq whose 2xx waits for the ACK that brings our answer.
    pub(super) unacknowledged: Option<u32>,
    /// A BYE that waits for the ACK (RFC 3261 §15).
    pub(super) bye: Option<Headers>,
    /// Counts the far end's offers, so that a late answer meets none.
    pub(super) offer: u32,
    /// A re-INVITE of ours that waits for the INVITE transaction before it; a newer one takes its
    /// place.
    pub(super) next: Option<Offer>,
    /// Our re-INVITE in progress.
    pub(super) modifying: Option<Offer>,
    /// The call that is to be made, while its target is looked up.
    pub(super) dial: Option<Box<Dial>>,
}

impl Leg {
    /// A call that came; with `dial`, one of ours.
    pub(super) fn new(
        shared: Arc<Shared>,
        events: mpsc::Sender<CallEvent>,
        dialog: Dialog,
        dial: Option<Box<Dial>>,
    ) -> Self {
        let ours = dial.is_some();
        Self {
            shared,
            events: Some(events),
            dialog,
            phase: if ours { Phase::Outgoing } else { Phase::Incoming },
            ours,
            server: None,
            client: None,
            unacknowledged: None,
            bye: None,
            offer: 0,
            next: None,
            modifying: None,
            dial,
        }
    }
}

/// A re-INVITE of ours.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// None asks the far end to offer.
    pub(super) sdp: Option<Bytes>,
    /// It met one of the far end's before (491); it is not tried a third time.
    pub(super) again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// An INVITE came; no final response yet.
    Incoming,
    /// Our INVITE went out; no final response yet.
    Outgoing,
    /// The call is up.
    Up,
    /// Our BYE is on its way.
    Ending,
}

/// The key of a call: Call-ID and our tag.
pub(super) fn key(call_id: &[u8], local_tag: &[u8]) -> Box<[u8]> {
    [call_id, b"\n", local_tag].concat().into_boxed_slice()
}

impl Core {
    pub(super) fn insert_leg(&mut self, leg: Leg) -> Slot {
        let key = key(&leg.dialog.call_id, leg.shared.local_tag.as_bytes());
        let slot = self.legs.insert(leg);
        self.leg_keys.insert(key, slot);
        slot
    }

    pub(super) fn remove_leg(&mut self, slot: Slot) {
        if let Some(leg) = self.legs.remove(slot) {
            self.leg_keys.remove(&*key(&leg.dialog.call_id, leg.shared.local_tag.as_bytes()));
            self.counters.calls.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Tells an event. False when nobody reads, or too many wait.
    pub(super) fn tell(&self, slot: Slot, event: CallEvent) -> bool {
        let Some(events) = self.legs.get(slot).and_then(|leg| leg.events.as_ref()) else {
            return false;
        };
        events.capacity() > 1 && events.try_send(event).is_ok()
    }

    /// Tells the last event, once.
    pub(super) fn end(
        &mut self,
        slot: Slot,
        how: Ended,
        reason: Option<String>,
        request: Option<Arc<Request>>,
    ) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let Some(events) = leg.events.take() else { return };
        debug!(call_id = %leg.shared.call_id, ?how, reason, "call ended");
        // `tell` keeps a place for this. Nobody listening is fine.
        let _ = events.try_send(CallEvent::Ended { how, reason, request });
    }

    /// Does what the call's handle asks for.
    pub(super) fn order(&mut self, CallOrder { order, shared }: CallOrder) {
        shared.taken();
        let key = key(&ringfence_text::encode(&shared.call_id), shared.local_tag.as_bytes());
        let Some(&slot) = self.leg_keys.get(&*key) else { return };
        match order {
            Order::Ring { headers } => self.progress(slot, 180, None, &headers),
            Order::Progress { sdp, headers } => self.progress(slot, 183, sdp.as_ref(), &headers),
            Order::Answer { sdp, headers } => self.answer(slot, sdp.as_ref(), &headers),
            Order::Reject { status, reason, headers } => {
                self.reject(slot, status, reason.as_deref(), &headers);
            }
            Order::Hangup { headers } => self.hangup(slot, headers),
            Order::Acknowledge { sdp } => self.acknowledge(slot, sdp.as_ref()),
            Order::Info { body } => self.send_info(slot, &body),
            Order::Reinvite { sdp } => self.modify(slot, sdp),
            Order::Accept { offer, sdp } => self.accept_offer(slot, offer, sdp.as_ref()),
            Order::Refuse { offer, status } => self.refuse_offer(slot, offer, status),
        }
    }

    /// Ends the call by what fits its state.
    pub(super) fn hangup(&mut self, slot: Slot, headers: Headers) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        match leg.phase {
            Phase::Incoming => self.reject(slot, 480, None, &headers),
            Phase::Outgoing => {
                let client = leg.client;
                self.end(slot, Ended::Local, None, None);
                match client {
                    // The call stays until the INVITE has its final answer.
                    Some(client) => self.cancel_client(client, headers),
                    None => self.remove_leg(slot),
                }
            }
            Phase::Up => {
                self.end(slot, Ended::Local, None, None);
                self.bye(slot, headers);
            }
            Phase::Ending => {}
        }
    }

    /// A response of ours did not arrive.
    pub(super) fn response_unreachable(&mut self, message: &[u8], why: &str) {
        let ids = crate::wire::call_id_of(message).zip(crate::wire::to_tag_of(message));
        let Some((call_id, to_tag)) = ids else { return };
        let Some(&slot) = self.leg_keys.get(&*key(call_id, to_tag)) else { return };
        let Some(leg) = self.legs.get_mut(slot) else { return };
        // Only an INVITE keeps something waiting.
        let Some(server) = leg.server.take() else { return };
        debug!(call_id = %leg.shared.call_id, why, "the far end cannot be reached");
        self.end(slot, Ended::TransportFailure, Some(why.to_owned()), None);
        self.remove_server(server);
        self.remove_leg(slot);
    }
}
