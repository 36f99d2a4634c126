//! Answers that leave nothing behind (RFC 3261 §8.2.7): a flood of bad requests costs no memory.

use bytes::Bytes;
use tracing::debug;

use super::{ALLOW, Core, Flow};
use crate::statistics::count;
use crate::wire::{self, Refusal, Request, Unreadable, Writer, phrase, response_head};

impl Core {
    /// Refuses a request; the ACK that an INVITE's refusal brings is ignored. Never an ACK.
    pub(super) fn refuse(&mut self, request: &Request, flow: &Flow, refusal: &Refusal) {
        if request.method_bytes() == b"ACK" {
            return;
        }
        count(&self.counters.refused);
        debug!(
            peer = %flow.peer, method = %request.method(), call_id = %request.call_id(),
            status = refusal.status, why = %refusal.why, "request refused"
        );
        let data = self.refusal(request, flow, refusal);
        self.send(flow.clone(), data);
    }

    /// Puts a refusal together.
    pub(super) fn refusal(&self, request: &Request, flow: &Flow, refusal: &Refusal) -> Bytes {
        let from_tag = request.from().and_then(|from| from.tag()).unwrap_or_default();
        let tag = self.stateless_tag(request.call_id().as_bytes(), from_tag.as_bytes());
        let reason = if refusal.why.is_empty() { phrase(refusal.status) } else { &refusal.why };
        let head = response_head(request, flow.peer, tag.as_bytes());
        let mut writer = Writer::response(refusal.status, reason, &head);
        if matches!(refusal.status, 405 | 501) {
            writer = writer.line("Allow", ALLOW);
        }
        if let Some((name, value)) = &refusal.header {
            writer = writer.line(name, &ringfence_text::encode(value));
        }
        writer.line("Server", self.settings.config.user_agent.as_bytes()).finish()
    }

    /// Refuses a request whose headers are wrong.
    pub(super) fn refuse_broken(&mut self, request: &Request, flow: &Flow, refusal: &Refusal) {
        count(&self.counters.malformed);
        // Without a Via nobody can be answered.
        if request.values(b"Via").next().is_some() {
            self.refuse(request, flow, refusal);
        }
    }

    /// Answers what could not even be read, where an answer makes sense.
    pub(super) fn unreadable(&mut self, data: &[u8], fault: &Unreadable, flow: Flow) {
        if data.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return; // a keep-alive
        }
        count(&self.counters.malformed);
        debug!(peer = %flow.peer, why = %fault.why, "message cannot be read");
        let tag = self.stateless_tag(wire::call_id_of(data).unwrap_or_default(), b"");
        let server = &self.settings.config.user_agent;
        if let Some(answer) = wire::salvage(data, fault, flow.peer, tag.as_bytes(), server) {
            count(&self.counters.refused);
            self.send(flow, answer);
        }
    }

    /// 503 with Retry-After.
    pub(super) fn overload(&mut self, request: &Request, flow: &Flow, why: &str) {
        count(&self.counters.overloaded);
        let after = self.settings.config.retry_after.to_string();
        let why = format!("Service Unavailable: {why}");
        self.refuse(request, flow, &Refusal::with(503, why, "Retry-After", after));
    }
}
