//! BYE (RFC 3261 §15).

use std::sync::Arc;

use super::client::Method;
use super::leg::Phase;
use super::server::ServerState;
use super::{Core, Flow, Slot};
use crate::call::Headers;
use crate::event::Ended;
use crate::wire::{Request, Writer, response_head};

impl Core {
    /// The far end hangs up.
    pub(super) fn bye_came(&mut self, slot: Slot, request: Request, key: Box<[u8]>, flow: Flow) {
        let Some(leg) = self.legs.get(slot) else { return };
        let head = response_head(&request, flow.peer, leg.shared.local_tag.as_bytes());
        let data = Writer::response(200, "OK", &head)
            .line("Server", self.settings.config.user_agent.as_bytes())
            .finish();
        self.respond_once(key, flow, data);
        self.close_invites(slot);
        let rows = request.header_values("Reason");
        let reason = (!rows.is_empty()).then(|| rows.join(", "));
        self.end(slot, Ended::Bye, reason, Some(Arc::new(request)));
        self.remove_leg(slot);
    }

    /// Hangs up as soon as the RFC allows: the callee has to wait for the ACK.
    pub(super) fn bye(&mut self, slot: Slot, headers: Headers) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if leg.phase == Phase::Ending {
            return;
        }
        let waits = leg.server.and_then(|server| self.servers.get(server));
        if waits.is_some_and(|server| server.state == ServerState::Accepted) {
            leg.bye = Some(headers);
            return;
        }
        if let Some(cseq) = leg.unacknowledged.take() {
            // The switch gave up before it had an answer to the far end's offer.
            self.acknowledge_now(slot, cseq, None);
        }
        self.close_invites(slot);
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.phase = Phase::Ending;
        }
        if self.send_within(slot, Method::Bye, &headers, None).is_none() {
            self.remove_leg(slot);
        }
    }

    /// Ends what is open within a call that ends: a re-INVITE, or an INVITE, gets 487.
    fn close_invites(&mut self, slot: Slot) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let Some(server) = leg.server.take() else { return };
        let Some(transaction) = self.servers.get_mut(server) else { return };
        transaction.leg = None;
        match (transaction.state, &transaction.pending) {
            (ServerState::Proceeding, Some(pending)) => {
                let data = Writer::response(487, "Request Terminated", &pending.head).finish();
                self.respond_invite(server, 487, data);
            }
            // BYE before ACK: the 2xx has been heard.
            (ServerState::Accepted, _) => self.settle_accepted(server),
            _ => {}
        }
    }
}
