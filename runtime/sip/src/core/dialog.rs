//! Dialogs (RFC 3261 §12): what a request within a call is made of, and where it goes.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::client::{Method, Sent};
use super::{Action, Core, Flow, Slot, Token, token};
use crate::config::Transport;
use crate::transport::Connection;
use crate::wire::{NameAddr, Request, Response, ResponseEssentials, Uri, Writer};

/// One dialog. Copies, not views of messages: a view keeps its whole message alive.
#[derive(Debug)]
pub(super) struct Dialog {
    pub(super) call_id: Box<[u8]>,
    /// Our From or To, with our tag.
    pub(super) local: Box<[u8]>,
    /// The far end's, with its tag when it has one.
    pub(super) remote: Box<[u8]>,
    pub(super) remote_tag: Box<[u8]>,
    /// The far end's Contact.
    pub(super) target: Box<[u8]>,
    /// The route set, in the order that requests list it.
    pub(super) routes: Vec<Box<[u8]>>,
    /// Our Contact.
    pub(super) contact: Box<[u8]>,
    /// Of our requests.
    pub(super) max_forwards: u8,
    pub(super) local_cseq: u32,
    pub(super) remote_cseq: Option<u32>,
    /// Where requests go.
    pub(super) flow: Flow,
}

/// A message body to send: Content-Type and content.
pub(super) type Content<'a> = Option<(&'a str, &'a Bytes)>;

impl Core {
    /// Puts the request of a dialog's present CSeq together: its branch, itself, and where it goes.
    pub(super) fn dialog_request(
        &self,
        dialog: &Dialog,
        method: Method,
        headers: &[(String, String)],
        content: Content<'_>,
    ) -> (String, Bytes, Flow) {
        let (branch, mut writer) = self.begin(dialog, method.name(), dialog.local_cseq);
        if method == Method::Reinvite {
            writer = writer.line("Contact", &dialog.contact).line("Allow", super::ALLOW);
        }
        writer =
            writer.line("User-Agent", self.settings.config.user_agent.as_bytes()).headers(headers);
        let message = match content {
            Some((kind, body)) => writer.body(kind, body),
            None => writer.finish(),
        };
        (branch, message, dialog.flow.clone())
    }

    /// Sends the next request of a call and watches over it.
    pub(super) fn send_within(
        &mut self,
        slot: Slot,
        method: Method,
        headers: &[(String, String)],
        content: Content<'_>,
    ) -> Option<Slot> {
        let dialog = &mut self.legs.get_mut(slot)?.dialog;
        dialog.local_cseq += 1;
        if dialog.flow.connection.as_ref().is_some_and(|connection| !connection.is_open()) {
            self.turn_leg(slot);
        }
        let dialog = &self.legs.get(slot)?.dialog;
        let (branch, message, flow) = self.dialog_request(dialog, method, headers, content);
        let sent = (method == Method::Reinvite).then(|| self.sent(dialog, &branch));
        Some(self.open_client(method, &branch, flow, message, Some(slot), sent))
    }

    /// The ACK of a 2xx.
    pub(super) fn ack(&self, dialog: &Dialog, cseq: u32, sdp: Option<&Bytes>) -> Bytes {
        self.begin(dialog, "ACK", cseq).1.sdp(sdp)
    }

    /// The lines that every request of a dialog has (RFC 3261 §12.2.1.1).
    fn begin(&self, dialog: &Dialog, method: &str, cseq: u32) -> (String, Writer) {
        let branch = format!("z9hG4bK{}", token());
        let (uri, routes) = dialog.path();
        let mut writer =
            Writer::request(method, &uri).line("Via", &self.via(&dialog.flow, &branch));
        for route in &routes {
            writer = writer.line("Route", route);
        }
        let writer = writer
            .line("From", &dialog.local)
            .line("To", &dialog.remote)
            .line("Call-ID", &dialog.call_id)
            .line("CSeq", format!("{cseq} {method}").as_bytes())
            .line("Max-Forwards", dialog.max_forwards.to_string().as_bytes());
        (branch, writer)
    }

    /// What ACK and CANCEL of an INVITE will repeat.
    pub(super) fn sent(&self, dialog: &Dialog, branch: &str) -> Box<Sent> {
        let (uri, routes) = dialog.path();
        let mut top = b"Via: ".to_vec();
        top.extend_from_slice(&self.via(&dialog.flow, branch));
        top.extend_from_slice(b"\r\n");
        for route in &routes {
            top.extend_from_slice(b"Route: ");
            top.extend_from_slice(route);
            top.extend_from_slice(b"\r\n");
        }
        Box::new(Sent {
            uri,
            top,
            from: dialog.local.to_vec(),
            to: dialog.remote.to_vec(),
            call_id: dialog.call_id.to_vec(),
            cseq: dialog.local_cseq,
        })
    }

    pub(super) fn via(&self, flow: &Flow, branch: &str) -> Vec<u8> {
        let transport = self.transport(flow).name();
        format!("SIP/2.0/{transport} {};branch={branch};rport", self.reachable(flow)).into_bytes()
    }

    /// Our Contact: the user that was called or calls, at the address that the peer reaches.
    pub(super) fn contact(&self, flow: &Flow, user: Option<&[u8]>) -> Box<[u8]> {
        let mut contact = b"<sip:".to_vec();
        if let Some(user) = user {
            contact.extend_from_slice(user);
            contact.push(b'@');
        }
        contact.extend_from_slice(self.reachable(flow).as_bytes());
        if self.transport(flow) == Transport::Tcp {
            contact.extend_from_slice(b";transport=tcp");
        }
        contact.push(b'>');
        contact.into_boxed_slice()
    }

    /// The dialog that a response to our INVITE makes (RFC 3261 §12.1.2).
    pub(super) fn dialog_of_response(
        &self,
        sent: &Sent,
        flow: &Flow,
        response: &Response,
        found: &ResponseEssentials,
    ) -> Option<Dialog> {
        let contact = response.contact();
        let target = contact.map_or_else(|| sent.uri.clone(), |to| to.uri.to_bytes().to_vec());
        let mut dialog = Dialog {
            call_id: sent.call_id.clone().into(),
            local: sent.from.clone().into(),
            remote: response.values(b"To").next()?.into_owned().into(),
            remote_tag: found.to_tag.clone(),
            target: target.into(),
            routes: routes(response.values(b"Record-Route")),
            contact: self.contact(flow, None),
            max_forwards: crate::MAX_FORWARDS,
            local_cseq: sent.cseq,
            remote_cseq: None,
            flow: flow.clone(),
        };
        dialog.routes.reverse();
        let mut flow = flow.clone();
        self.turn(&dialog, &mut flow, None);
        dialog.flow = flow;
        Some(dialog)
    }

    /// Points a flow to the next hop of its dialog. A name is looked up off this thread, when there
    /// is a call to tell; until then requests go where the last message came from.
    pub(super) fn turn(
        &self,
        dialog: &Dialog,
        flow: &mut Flow,
        leg: Option<Slot>,
    ) -> Option<Action> {
        if flow.connection.as_ref().is_some_and(Connection::is_open) {
            return None; // what came over a connection is answered over it
        }
        flow.connection = None;
        let uri = dialog.next_hop()?;
        let port = uri.port().unwrap_or(5060);
        if let Some(ip) = uri.ip() {
            if ip.is_ipv4() == flow.local.is_ipv4() && port != 0 {
                flow.peer = SocketAddr::new(ip, port);
            }
            return None;
        }
        Some(Action::Resolve { name: uri.host()?, port, token: Token(leg?) })
    }

    /// Points a call to its next hop.
    pub(super) fn turn_leg(&mut self, slot: Slot) {
        let Some(leg) = self.legs.get(slot) else { return };
        let mut flow = leg.dialog.flow.clone();
        let action = self.turn(&leg.dialog, &mut flow, Some(slot));
        if let Some(leg) = self.legs.get_mut(slot) {
            leg.dialog.flow = flow;
        }
        self.actions.extend(action);
    }

    /// The name that [`Core::turn`] asked for.
    pub(super) fn turned(&mut self, leg: Slot, addresses: &[IpAddr]) {
        let Some(leg) = self.legs.get_mut(leg) else { return };
        let dialog = &mut leg.dialog;
        let port = dialog.next_hop().and_then(|uri| uri.port()).unwrap_or(5060);
        let family = |ip: &&IpAddr| ip.is_ipv4() == dialog.flow.local.is_ipv4();
        if let Some(ip) = addresses.iter().find(family) {
            dialog.flow.peer = SocketAddr::new(*ip, port);
        }
    }
}

impl Dialog {
    /// The request URI and Route headers, for loose and strict routers (RFC 3261 §12.2.1.1).
    fn path(&self) -> (Vec<u8>, Vec<Box<[u8]>>) {
        let first = self.routes.first().and_then(|route| parse(route));
        match first {
            Some(first) if first.uri.parameter("lr").is_none() => {
                let mut routes: Vec<Box<[u8]>> = self.routes.iter().skip(1).cloned().collect();
                routes.push([b"<", &*self.target, b">"].concat().into());
                (first.uri.to_bytes().to_vec(), routes)
            }
            _ => (self.target.to_vec(), self.routes.clone()),
        }
    }

    fn next_hop(&self) -> Option<Uri> {
        match self.routes.first() {
            Some(route) => Some(parse(route)?.uri),
            None => Uri::parse(&ringfence_text::decode(&self.target)).ok(),
        }
    }

    /// Follows the Contact of a message (target refresh). True when it moved.
    pub(super) fn refresh(&mut self, contact: Option<NameAddr>) -> bool {
        let Some(contact) = contact.filter(|contact| contact.uri.host().is_some()) else {
            return false;
        };
        let target: Box<[u8]> = contact.uri.to_bytes().to_vec().into();
        let moved = target != self.target;
        self.target = target;
        moved
    }
}

fn parse(route: &[u8]) -> Option<NameAddr> {
    NameAddr::parse(&ringfence_text::decode(route))
}

/// The addresses of Record-Route rows, one each.
pub(super) fn routes<'a>(rows: impl Iterator<Item = std::borrow::Cow<'a, [u8]>>) -> Vec<Box<[u8]>> {
    rows.flat_map(|row| {
        split(&row).into_iter().map(|part| Box::from(part.trim_ascii())).collect::<Vec<_>>()
    })
    .collect()
}

/// Splits at the commas between addresses, not at those within `<>` or quotes.
fn split(row: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut start, mut angle, mut quote) = (Vec::new(), 0, false, false);
    let mut bytes = row.iter().enumerate();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'\\' if quote => {
                bytes.next();
            }
            b'"' => quote = !quote,
            b'<' if !quote => angle = true,
            b'>' if !quote => angle = false,
            b',' if !quote && !angle => {
                parts.extend(row.get(start..index));
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.extend(row.get(start..));
    parts
}

/// The dialog that an INVITE makes when we answer it (RFC 3261 §12.1.1).
pub(super) fn of_request(
    request: &Request,
    flow: &Flow,
    local_tag: &str,
    remote_tag: &[u8],
    cseq: u32,
    contact: Box<[u8]>,
) -> Option<Dialog> {
    let to = request.values(b"To").next()?;
    let from = request.values(b"From").next()?;
    // Without Contact (RFC 2543) the From is all there is.
    let target = request.contact().or_else(|| request.from())?;
    Some(Dialog {
        call_id: request.values(b"Call-ID").next()?.into_owned().into(),
        local: [&to, &b";tag="[..], local_tag.as_bytes()].concat().into(),
        remote: from.into_owned().into(),
        remote_tag: remote_tag.into(),
        target: target.uri.to_bytes().to_vec().into(),
        routes: routes(request.values(b"Record-Route")),
        contact,
        // Any start will do (RFC 3261 §8.1.1.5); the initial INVITE was the far end's.
        max_forwards: crate::MAX_FORWARDS,
        local_cseq: 0,
        remote_cseq: Some(cseq),
        flow: flow.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_cut_where_addresses_end() {
        let row = b"<sip:a;lr>, \"x, <y\" <sip:b,c;lr> , <sip:d>".to_vec();
        let routes = routes(std::iter::once(row.into()));
        let text: Vec<_> = routes.iter().map(|r| str::from_utf8(r).unwrap()).collect();
        assert_eq!(text, ["<sip:a;lr>", "\"x, <y\" <sip:b,c;lr>", "<sip:d>"]);
    }

    #[test]
    fn a_strict_router_gets_the_request_uri() {
        let flow = Flow {
            listener: 0,
            local: "192.0.2.1:5060".parse().unwrap(),
            peer: "192.0.2.2:5060".parse().unwrap(),
            connection: None,
        };
        let dialog = Dialog {
            call_id: b"x"[..].into(),
            local: b"l"[..].into(),
            remote: b"r"[..].into(),
            remote_tag: b"t"[..].into(),
            target: b"sip:far@h"[..].into(),
            routes: vec![b"<sip:strict>"[..].into(), b"<sip:p2;lr>"[..].into()],
            contact: b"c"[..].into(),
            max_forwards: crate::MAX_FORWARDS,
            local_cseq: 1,
            remote_cseq: None,
            flow,
        };
        let (uri, routes) = dialog.path();
        assert_eq!(uri, b"sip:strict");
        assert_eq!(routes, vec![Box::from(&b"<sip:p2;lr>"[..]), Box::from(&b"<sip:far@h>"[..])]);
    }
}
