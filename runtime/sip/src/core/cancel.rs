//! CANCEL (RFC 3261 §9.2). Ours is in `client`: it belongs to the INVITE's transaction.

use std::sync::Arc;

use super::{Core, Flow};
use crate::call::Headers;
use crate::event::Ended;
use crate::wire::{Essentials, Refusal, Request, Writer, response_head};

impl Core {
    pub(super) fn cancelled(
        &mut self,
        request: Request,
        essentials: &Essentials,
        key: Box<[u8]>,
        flow: Flow,
    ) {
        let invite = self.server_keys.get(&essentials.key(b"INVITE")).copied();
        let Some(server) = invite.and_then(|slot| self.servers.get(slot)) else {
            let refusal = Refusal::new(481, "Transaction Does Not Exist: nothing to cancel");
            return self.refuse(&request, &flow, &refusal);
        };
        let leg = server.leg;
        let tag = match leg.and_then(|leg| self.legs.get(leg)) {
            Some(leg) => leg.shared.local_tag.to_string(),
            None => self.stateless_tag(&essentials.call_id, &essentials.from_tag),
        };
        let head = response_head(&request, flow.peer, tag.as_bytes());
        let data = Writer::response(200, "OK", &head)
            .line("Server", self.settings.config.user_agent.as_bytes())
            .finish();
        self.respond_once(key, flow, data);
        let Some(slot) = leg else { return };
        let incoming =
            self.legs.get(slot).is_some_and(|leg| leg.phase == super::leg::Phase::Incoming);
        if incoming {
            self.refuse_invite(slot, 487, None, &Headers::new());
            let reason = request.header("Reason").map(|reason| reason.into_owned());
            self.end(slot, Ended::Cancelled, reason, Some(Arc::new(request)));
            self.remove_leg(slot);
        } else {
            // A re-INVITE that the switch has not answered; or a 2xx was faster, and BYE follows.
            self.offer_cancelled(slot);
        }
    }
}
