//! INVITE out: a call that we make (RFC 3261 §13.2).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::client::Method;
use super::dialog::{Dialog, routes};
use super::leg::{Leg, Phase};
use super::{ALLOW, Action, Core, Flow, Slot, Token};
use crate::call::{Body, Headers, Shared};
use crate::event::{CallEvent, Ended};
use crate::statistics::count;
use crate::wire::{Response, ResponseEssentials, Uri};

/// A call to be made, checked.
#[derive(Debug)]
pub(crate) struct Dial {
    pub(crate) shared: Arc<Shared>,
    pub(crate) events: mpsc::Sender<CallEvent>,
    /// The listeners that may send it.
    pub(crate) listeners: Vec<u16>,
    pub(crate) target: Uri,
    /// Whom it is sent to first: the target or a proxy.
    pub(crate) hop: Uri,
    /// A Route header, when there is a proxy.
    pub(crate) route: Option<Box<[u8]>>,
    /// From without tag.
    pub(crate) from: Vec<u8>,
    pub(crate) from_user: Option<Vec<u8>>,
    pub(crate) to: Vec<u8>,
    pub(crate) headers: Headers,
    pub(crate) body: Option<Body>,
    pub(crate) max_forwards: u8,
}

impl Core {
    /// Makes a call, after its target has an address. The stack has counted it already.
    pub(super) fn dial(&mut self, dial: Box<Dial>) {
        let unspecified = SocketAddr::from(([0, 0, 0, 0], 0));
        let flow = Flow { listener: 0, local: unspecified, peer: unspecified, connection: None };
        let tag = dial.shared.local_tag.as_bytes();
        let dialog = Dialog {
            call_id: ringfence_text::encode(&dial.shared.call_id).into_owned().into(),
            local: [&dial.from, &b";tag="[..], tag].concat().into(),
            remote: dial.to.clone().into(),
            remote_tag: Box::default(),
            target: dial.target.to_bytes().to_vec().into(),
            routes: dial.route.iter().cloned().collect(),
            contact: Box::default(),
            max_forwards: dial.max_forwards,
            local_cseq: 1,
            remote_cseq: None,
            flow,
        };
        let hop = (dial.hop.ip(), dial.hop.host(), dial.hop.port().unwrap_or(5060));
        let leg = self.insert_leg(Leg::new(
            Arc::clone(&dial.shared),
            dial.events.clone(),
            dialog,
            Some(dial),
        ));
        match hop {
            (Some(ip), ..) => self.call(leg, &[ip]),
            (None, Some(name), port) => {
                self.actions.push(Action::Resolve { name, port, token: Token(leg) });
            }
            (None, None, _) => self.give_up(leg, "the target has no host".to_owned()),
        }
    }

    /// A name was looked up: for a call to be made, or for the route of one that is up.
    pub(super) fn name_resolved(&mut self, slot: Slot, result: Result<Vec<IpAddr>, String>) {
        let dialing = self.legs.get(slot).is_some_and(|leg| leg.dial.is_some());
        match result {
            Ok(addresses) if dialing => self.call(slot, &addresses),
            Ok(addresses) => self.turned(slot, &addresses),
            Err(why) if dialing => self.give_up(slot, why),
            Err(why) => tracing::debug!(why, "the far end's host has no address"),
        }
    }

    fn give_up(&mut self, slot: Slot, why: String) {
        self.end(slot, Ended::TransportFailure, Some(why), None);
        self.remove_leg(slot);
    }

    /// Sends the INVITE to the first address that one of the listeners can reach.
    fn call(&mut self, slot: Slot, addresses: &[IpAddr]) {
        let Some(dial) = self.legs.get_mut(slot).and_then(|leg| leg.dial.take()) else { return };
        let port = dial.hop.port().unwrap_or(5060);
        let Some(flow) = self.way(&dial.listeners, addresses, port) else {
            let why = format!("no listener of the profile reaches {addresses:?}");
            return self.give_up(slot, why);
        };
        let contact = self.contact(&flow, dial.from_user.as_deref());
        let Some(leg) = self.legs.get_mut(slot) else { return };
        leg.dialog.contact = contact;
        leg.dialog.flow = flow;
        let Some(leg) = self.legs.get(slot) else { return };
        let extra = [
            ("Contact".to_owned(), ringfence_text::decode(&leg.dialog.contact).into_owned()),
            ("Allow".to_owned(), String::from_utf8_lossy(ALLOW).into_owned()),
        ];
        let headers: Vec<_> = extra.into_iter().chain(dial.headers).collect();
        let content = dial.body.as_ref().map(|body| (body.content_type.as_str(), &body.content));
        let (branch, message, flow) =
            self.dialog_request(&leg.dialog, Method::Invite, &headers, content);
        let sent = self.sent(&leg.dialog, &branch);
        let client =
            self.open_client(Method::Invite, &branch, flow, message, Some(slot), Some(sent));
        count(&self.counters.outgoing);
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.client = Some(client);
            leg.modifying =
                dial.body.map(|body| super::leg::Offer { sdp: Some(body.content), again: false });
        }
    }

    fn way(&mut self, listeners: &[u16], addresses: &[IpAddr], port: u16) -> Option<Flow> {
        for ip in addresses {
            let peer = SocketAddr::new(*ip, port);
            for &listener in listeners {
                let Some(candidate) = self.settings.listeners.get(usize::from(listener)) else {
                    continue;
                };
                if candidate.bound.is_ipv4() != ip.is_ipv4() {
                    continue;
                }
                if let Some(local) = (self.locate)(candidate, peer) {
                    return Some(Flow { listener, local, peer, connection: None });
                }
            }
        }
        None
    }

    /// The far end rings.
    pub(super) fn provisional_came(
        &mut self,
        slot: Slot,
        response: Response,
        found: &ResponseEssentials,
    ) {
        let status = response.status();
        if status == 100 {
            return;
        }
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if !found.to_tag.is_empty() && leg.dialog.remote_tag.is_empty() {
            let tag = ringfence_text::decode(&found.to_tag).into_owned();
            let _ = leg.shared.remote_tag.set(tag.into());
        }
        let sdp = response.sdp();
        self.tell(slot, CallEvent::Provisional { status, sdp, response: Arc::new(response) });
    }

    /// The far end took the call.
    pub(super) fn answered(
        &mut self,
        slot: Slot,
        client: Slot,
        response: Response,
        found: &ResponseEssentials,
    ) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        let dialog = &mut leg.dialog;
        dialog.remote = response.values(b"To").next().unwrap_or_default().into_owned().into();
        dialog.remote_tag = found.to_tag.clone();
        dialog.refresh(response.contact());
        dialog.routes = routes(response.values(b"Record-Route"));
        dialog.routes.reverse();
        let tag = ringfence_text::decode(&found.to_tag).into_owned();
        let _ = leg.shared.remote_tag.set(tag.into());
        leg.phase = Phase::Up;
        leg.client = Some(client);
        let offered = leg.modifying.take().is_some();
        // We gave up while the answer was under way: ACK, then BYE (RFC 3261 §9.1, §15).
        let over = leg.events.is_none();
        self.turn_leg(slot);
        if offered || over {
            self.acknowledge_now(slot, found.cseq, None);
        } else if let Some(leg) = self.legs.get_mut(slot) {
            leg.unacknowledged = Some(found.cseq);
        }
        if over {
            return self.bye(slot, Headers::new());
        }
        let sdp = response.sdp();
        self.tell(slot, CallEvent::Answered { sdp, response: Arc::new(response) });
    }

    /// The far end did not take the call.
    pub(super) fn refused(&mut self, slot: Slot, response: Response) {
        let Some(leg) = self.legs.get_mut(slot) else { return };
        if let Some(events) = leg.events.take() {
            let status = response.status();
            // `tell` keeps a place for this. Nobody listening is fine.
            let _ = events.try_send(CallEvent::Refused { status, response: Arc::new(response) });
        }
        self.remove_leg(slot);
    }
}
