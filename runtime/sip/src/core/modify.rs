//! re-INVITE, both ways (RFC 3261 §14): hold, resume, another codec.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::client::Method;
use super::leg::{Offer, Phase};
use super::server::ServerState;
use super::{ALLOW, Core, Flow, Slot, Timer};
use crate::call::Responder;
use crate::event::CallEvent;
use crate::wire::{
    Essentials, Refusal, Request, Response, ResponseEssentials, Writer, phrase, response_head,
};

impl Core {
    /// The far end wants to change the session.
    pub(super) fn modification(
        &mut self,
        slot: Slot,
        request: &Request,
        essentials: &Essentials,
        key: Box<[u8]>,
        flow: Flow,
    ) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let server = leg.server.and_then(|server| self.servers.get(server));
        let refusal = match server.map(|server| server.state) {
            // RFC 3261 §14.2: the one before it is not answered.
            Some(ServerState::Proceeding) => {
                let after = rand::random_range(0..=10u8).to_string();
                let why = "the INVITE before is not answered yet";
                Some(Refusal::with(500, why, "Retry-After", after))
            }
            // Its ACK is still on the way (RFC 5407 §3.1.4), or ours is in progress.
            Some(_) => Some(Refusal::new(491, "Request Pending")),
            None if leg.client.is_some() => Some(Refusal::new(491, "Request Pending")),
            None if leg.phase == Phase::Ending => Some(Refusal::new(481, "Call Has Ended")),
            None if !request.body().is_empty() && request.sdp().is_none() => {
                let media = "application/sdp".to_owned();
                Some(Refusal::with(415, "Unsupported Media Type: SDP is", "Accept", media))
            }
            None => None,
        };
        if let Some(refusal) = refusal {
            return self.refuse(request, &flow, &refusal);
        }
        let head = response_head(request, flow.peer, leg.shared.local_tag.as_bytes());
        leg.offer = leg.offer.wrapping_add(1);
        let moved = leg.dialog.refresh(request.contact());
        let responder = Responder {
            shared: Arc::clone(&leg.shared),
            orders: self.commands.clone(),
            offer: leg.offer,
            answered: false,
        };
        if flow.connection.is_some() {
            leg.dialog.flow.connection = flow.connection.clone();
        }
        let server = self.open_invite(request, essentials, key, flow, head, slot);
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.server = Some(server);
        }
        if moved {
            self.turn_leg(slot);
        }
        // Unread, the event is dropped here, and its responder refuses with 488.
        self.tell(slot, CallEvent::Offer { sdp: request.sdp(), responder });
    }

    /// The re-INVITE that a responder answers, while it can be answered.
    fn offered(&self, slot: Slot, offer: u32) -> Option<Slot> {
        let leg = self.legs.get(slot).filter(|leg| leg.offer == offer && leg.phase == Phase::Up)?;
        let server = leg.server?;
        let open = self.servers.get(server)?.state == ServerState::Proceeding;
        open.then_some(server)
    }

    pub(super) fn accept_offer(&mut self, slot: Slot, offer: u32, sdp: Option<&Bytes>) {
        let Some(server) = self.offered(slot, offer) else { return };
        let Some(writer) = self.begin_response(slot, server, 200, None) else { return };
        let data = writer.line("Allow", ALLOW).sdp(sdp);
        self.respond_invite(server, 200, data);
    }

    pub(super) fn refuse_offer(&mut self, slot: Slot, offer: u32, status: u16) {
        let Some(server) = self.offered(slot, offer) else { return };
        self.refuse_server(slot, server, status);
    }

    /// The far end takes its re-INVITE back.
    pub(super) fn offer_cancelled(&mut self, slot: Slot) {
        let Some(leg) = self.legs.get(slot) else { return };
        if let Some(server) = self.offered(slot, leg.offer) {
            self.refuse_server(slot, server, 487);
        }
    }

    fn refuse_server(&mut self, slot: Slot, server: Slot, status: u16) {
        let pending = self.servers.get(server).and_then(|server| server.pending.as_ref());
        let Some(pending) = pending else { return };
        let data = Writer::response(status, phrase(status), &pending.head)
            .line("Server", self.settings.config.user_agent.as_bytes())
            .finish();
        self.respond_invite(server, status, data);
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.server = None;
        }
        self.next_modification(slot);
    }

    /// We want to change the session; after the INVITE transaction that runs.
    pub(super) fn modify(&mut self, slot: Slot, sdp: Option<Bytes>) {
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.next = Some(Offer { sdp, again: false });
            self.next_modification(slot);
        }
    }

    /// Sends the re-INVITE that waits, when nothing is in its way.
    pub(super) fn next_modification(&mut self, slot: Slot) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let busy = leg.server.is_some() || leg.client.is_some() || leg.bye.is_some();
        if busy || leg.phase != Phase::Up {
            return;
        }
        let Some(offer) = leg.next.take() else { return };
        leg.modifying = Some(offer.clone());
        let content = offer.sdp.as_ref().map(|sdp| ("application/sdp", sdp));
        let client = self.send_within(slot, Method::Reinvite, &[], content);
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.client = client;
        }
    }

    /// Our re-INVITE was accepted.
    pub(super) fn modified(
        &mut self,
        slot: Slot,
        client: Slot,
        response: Response,
        found: &ResponseEssentials,
    ) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if leg.client != Some(client) {
            return;
        }
        let offered = leg.modifying.take().is_some_and(|offer| offer.sdp.is_some());
        let moved = leg.dialog.refresh(response.contact());
        if moved {
            self.turn_leg(slot);
        }
        let ending = self.legs.get(slot).is_none_or(|leg| leg.phase != Phase::Up);
        if offered || ending {
            self.acknowledge_now(slot, found.cseq, None);
        } else if let Some(leg) = self.legs.get_mut(slot) {
            leg.unacknowledged = Some(found.cseq);
        }
        let (status, sdp) = (response.status(), response.sdp());
        self.tell(slot, CallEvent::Modified { status, sdp, response: Arc::new(response) });
        self.next_modification(slot);
    }

    /// Our re-INVITE was refused; the session stays as it was.
    pub(super) fn not_modified(&mut self, slot: Slot, response: Response) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        leg.client = None;
        let offer = leg.modifying.take();
        let status = response.status();
        if matches!(status, 408 | 481) {
            return self.lost(slot, status);
        }
        match offer {
            // Both sent one. Who made the Call-ID waits longer (RFC 3261 §14.1).
            Some(offer) if status == 491 && !offer.again && leg.next.is_none() => {
                let wait = if leg.ours {
                    rand::random_range(210..=400)
                } else {
                    rand::random_range(0..=200)
                };
                leg.next = Some(Offer { again: true, ..offer });
                let at = self.now + Duration::from_millis(10 * wait);
                self.timers.set(at, Timer::Glare(slot));
            }
            _ => {
                let response = Arc::new(response);
                self.tell(slot, CallEvent::Modified { status, sdp: None, response });
                self.next_modification(slot);
            }
        }
    }

    pub(super) fn try_modification_again(&mut self, slot: Slot) {
        self.next_modification(slot);
    }
}
