//! INVITE in: an invitation, and our answers to it (RFC 3261 §13.3).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::leg::{EVENTS, Leg, Phase};
use super::server::merge_key;
use super::{ALLOW, Core, Flow, Slot, Timer, dialog, token};
use crate::call::{Call, Headers, Shared};
use crate::event::{Ended, Invitation};
use crate::statistics::count;
use crate::wire::{Essentials, Refusal, Request, Writer, phrase, response_head};

/// How long the timer of an Expires waits at a time. Timers are never taken back: those of calls that
/// are long over would fill the memory for as long as their callers wished, a day each.
const EXPIRY_STEP: Duration = Duration::from_secs(60);

impl Core {
    /// An INVITE without To tag: offers it to the switch, or refuses it.
    pub(super) fn invitation(
        &mut self,
        request: Request,
        essentials: &Essentials,
        key: Box<[u8]>,
        flow: Flow,
        source: SocketAddr,
    ) {
        if self.merges.contains_key(&merge_key(essentials)) {
            let refusal = Refusal::new(482, "Merged Request: it came by another way already");
            return self.refuse(&request, &flow, &refusal);
        }
        if let Some(refusal) = unacceptable(&request) {
            return self.refuse(&request, &flow, &refusal);
        }
        if self.draining {
            return self.overload(&request, &flow, "shutting down");
        }
        if self.full() {
            return self.overload(&request, &flow, "as many calls or transactions as allowed");
        }
        if self.invitations.capacity() == 0 {
            return self.overload(&request, &flow, "busy");
        }
        let tag = token();
        let uri = request.uri();
        let contact = self.contact(&flow, uri.raw_user());
        let from_tag = &essentials.from_tag;
        let Some(dialog) =
            dialog::of_request(&request, &flow, &tag, from_tag, essentials.cseq, contact)
        else {
            return; // the headers it is made of have been checked
        };
        let head = response_head(&request, flow.peer, tag.as_bytes());
        let shared = Shared::new(&request.call_id(), &tag);
        let remote_tag = ringfence_text::decode(from_tag).into_owned();
        let _ = shared.remote_tag.set(remote_tag.into());
        let (sender, events) = mpsc::channel(EVENTS);
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        let leg = self.insert_leg(Leg::new(Arc::clone(&shared), sender, dialog, None));
        self.turn_leg(leg);
        let server = self.open_invite(&request, essentials, key, flow.clone(), head, leg);
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.server = Some(server);
        }
        let expires = request.values(b"Expires").next();
        let expires = expires.and_then(|value| str::from_utf8(&value).ok()?.trim().parse().ok());
        if let Some(seconds) = expires.filter(|seconds| (1..86_400).contains(seconds)) {
            let deadline = self.now + Duration::from_secs(seconds);
            if let Some(pending) = self.servers.get_mut(server).and_then(|it| it.pending.as_mut()) {
                pending.expires = Some(deadline);
            }
            self.timers.set(deadline.min(self.now + EXPIRY_STEP), Timer::Expires(leg));
        }
        self.invite_switch(leg, shared, events, request, &flow, source);
    }

    fn invite_switch(
        &mut self,
        leg: Slot,
        shared: Arc<Shared>,
        events: mpsc::Receiver<crate::event::CallEvent>,
        request: Request,
        flow: &Flow,
        source: SocketAddr,
    ) {
        let listener = self.listener(flow);
        let invitation = Invitation {
            call: Call::new(shared, self.commands.clone()),
            events,
            request: Arc::new(request),
            source,
            local: flow.local,
            transport: self.transport(flow),
            profile: listener.map_or_else(|| Arc::from(""), |listener| listener.profile.clone()),
        };
        match self.invitations.try_send(invitation) {
            Ok(()) => count(&self.counters.incoming),
            // Another thread took the last place, or the switch is gone.
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                count(&self.counters.overloaded);
                let after = self.settings.config.retry_after.to_string();
                self.reject(leg, 503, None, &vec![("Retry-After".to_owned(), after)]);
            }
        }
    }

    /// Sends 180 or 183 (RFC 3261 §13.3.1.1).
    pub(super) fn progress(
        &mut self,
        slot: Slot,
        status: u16,
        sdp: Option<&Bytes>,
        headers: &Headers,
    ) {
        let Some(server) = self.open_server(slot) else { return };
        let Some(writer) = self.begin_response(slot, server, status, None) else { return };
        let data = writer.headers(headers).sdp(sdp);
        self.respond_invite(server, status, data);
        self.keep_ringing(server);
    }

    /// Sends 200.
    pub(super) fn answer(&mut self, slot: Slot, sdp: Option<&Bytes>, headers: &Headers) {
        let Some(server) = self.open_server(slot) else { return };
        let Some(writer) = self.begin_response(slot, server, 200, None) else { return };
        let data = writer.line("Allow", ALLOW).headers(headers).sdp(sdp);
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.phase = Phase::Up;
        }
        self.respond_invite(server, 200, data);
    }

    /// Refuses the INVITE. The call is over for the switch.
    pub(super) fn reject(
        &mut self,
        slot: Slot,
        status: u16,
        reason: Option<&str>,
        headers: &Headers,
    ) {
        self.refuse_invite(slot, status, reason, headers);
        self.end(slot, Ended::Local, None, None);
        self.remove_leg(slot);
    }

    /// The final response that refuses an INVITE; does nothing when it was answered.
    pub(super) fn refuse_invite(
        &mut self,
        slot: Slot,
        status: u16,
        reason: Option<&str>,
        headers: &Headers,
    ) {
        let Some(server) = self.open_server(slot) else { return };
        let Some(pending) = self.servers.get(server).and_then(|server| server.pending.as_ref())
        else {
            return;
        };
        let data =
            Writer::response(status, reason.unwrap_or_else(|| phrase(status)), &pending.head)
                .line("Server", self.settings.config.user_agent.as_bytes())
                .headers(headers)
                .finish();
        self.respond_invite(server, status, data);
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.server = None;
        }
    }

    /// The INVITE that a call has not answered yet.
    fn open_server(&self, slot: Slot) -> Option<Slot> {
        self.legs.get(slot).filter(|leg| leg.phase == Phase::Incoming)?.server
    }

    /// A response that makes or keeps a dialog: with Contact and Record-Route.
    pub(super) fn begin_response(
        &self,
        slot: Slot,
        server: Slot,
        status: u16,
        reason: Option<&str>,
    ) -> Option<Writer> {
        let leg = self.legs.get(slot)?;
        let pending = self.servers.get(server)?.pending.as_ref()?;
        let reason = reason.unwrap_or_else(|| phrase(status));
        Some(
            Writer::response(status, reason, &pending.head)
                .raw(&pending.record_route)
                .line("Contact", &leg.dialog.contact)
                .line("Server", self.settings.config.user_agent.as_bytes()),
        )
    }

    /// Looks whether the INVITE's Expires has passed (RFC 3261 §13.3.1).
    pub(super) fn expired(&mut self, slot: Slot) {
        let Some(server) = self.open_server(slot).and_then(|server| self.servers.get(server))
        else {
            return;
        };
        let Some(deadline) = server.pending.as_ref().and_then(|pending| pending.expires) else {
            return;
        };
        if self.now < deadline {
            return self.timers.set(deadline.min(self.now + EXPIRY_STEP), Timer::Expires(slot));
        }
        self.refuse_invite(slot, 487, None, &Headers::new());
        self.end(slot, Ended::Timeout, Some("the invitation's Expires".to_owned()), None);
        self.remove_leg(slot);
    }
}

/// What RFC 3261 §8.2.3 and §21.4.7 refuse in an INVITE.
fn unacceptable(request: &Request) -> Option<Refusal> {
    let encoding = request.header("Content-Encoding");
    if encoding.is_some_and(|value| !value.trim().eq_ignore_ascii_case("identity")) {
        let accept = "identity".to_owned();
        return Some(Refusal::with(415, "Unsupported Encoding", "Accept-Encoding", accept));
    }
    let media = "application/sdp".to_owned();
    if !request.body().is_empty() && request.sdp().is_none() {
        return Some(Refusal::with(415, "Unsupported Media Type: SDP is", "Accept", media));
    }
    let accepts = request.header_values("Accept").join(",").to_ascii_lowercase();
    let sdp = ["application/sdp", "application/*", "*/*"];
    if !accepts.trim().is_empty() && !sdp.iter().any(|kind| accepts.contains(kind)) {
        return Some(Refusal::with(406, "Not Acceptable: we answer with SDP", "Accept", media));
    }
    if request.header("Contact").is_some()
        && request.contact().is_none_or(|contact| contact.uri.host().is_none())
    {
        return Some(Refusal::new(400, "Bad Request: Contact: not one SIP address"));
    }
    None
}
