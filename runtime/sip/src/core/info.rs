//! INFO (RFC 6086, and RFC 2976 before it): mostly keys.

use super::client::Method;
use super::leg::Phase;
use super::{Core, Flow, Slot};
use crate::call::Body;
use crate::event::CallEvent;
use crate::wire::{Refusal, Request, Writer, response_head};

impl Core {
    /// Tells the switch, and answers 200; or 503 when the switch is behind.
    pub(super) fn info_came(&mut self, slot: Slot, request: &Request, key: Box<[u8]>, flow: Flow) {
        let Some(leg) = self.legs.get(slot) else { return };
        let event = CallEvent::Info {
            content_type: request.header("Content-Type").unwrap_or_default().into_owned(),
            body: bytes::Bytes::copy_from_slice(request.body()),
        };
        let head = response_head(request, flow.peer, leg.shared.local_tag.as_bytes());
        let over = leg.events.is_none();
        if !self.tell(slot, event) && !over {
            let after = self.settings.config.retry_after.to_string();
            let refusal = Refusal::with(503, "", "Retry-After", after);
            return self.refuse(request, &flow, &refusal);
        }
        let data = Writer::response(200, "OK", &head)
            .line("Server", self.settings.config.user_agent.as_bytes())
            .finish();
        self.respond_once(key, flow, data);
    }

    pub(super) fn send_info(&mut self, slot: Slot, body: &Body) {
        if self.legs.get(slot).is_some_and(|leg| leg.phase == Phase::Up) {
            let content = Some((body.content_type.as_str(), &body.content));
            self.send_within(slot, Method::Info, &[], content);
        }
    }
}
