//! Client transactions (RFC 3261 §17.1, RFC 6026): our requests until they are answered.

use std::time::Duration;

use bytes::Bytes;
use tracing::debug;

use super::{Core, Flow, Slot, Timer};
use crate::event::Ended;
use crate::statistics::count;
use crate::wire::{self, Response, ResponseEssentials, Writer, client_key};

/// Answers of other branches that are acknowledged and ended, for one INVITE of ours; more are ignored.
/// Real forks have a handful; each costs a transaction, and a hostile peer chooses where the BYE goes.
const MAX_FORKS: u8 = 16;

/// Our methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Invite,
    /// Within a dialog.
    Reinvite,
    Bye,
    Cancel,
    Info,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Invite | Self::Reinvite => "INVITE",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Info => "INFO",
        }
    }

    fn is_invite(self) -> bool {
        matches!(self, Self::Invite | Self::Reinvite)
    }
}

/// A request of ours.
#[derive(Debug)]
pub(super) struct Client {
    key: Box<[u8]>,
    method: Method,
    flow: Flow,
    pub(super) state: ClientState,
    /// To send again; empty when answered.
    message: Bytes,
    interval: Duration,
    leg: Option<Slot>,
    /// What ACK and CANCEL of an INVITE are made of.
    pub(super) sent: Option<Box<Sent>>,
    /// The ACK, sent again for each repeated final response; with the To tag that it answered and
    /// where it went.
    ack: Option<Box<(Vec<u8>, Flow, Bytes)>>,
    /// The call was given up: CANCEL goes out as soon as it may.
    cancel: Option<Vec<(String, String)>>,
    /// Answers of other branches so far.
    forks: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientState {
    /// Nothing has come.
    Calling,
    /// A provisional response has.
    Proceeding,
    /// An INVITE with 2xx: others may follow, from other branches.
    Accepted,
    /// A final response has come.
    Completed,
}

/// What ACK and CANCEL of an INVITE repeat (RFC 3261 §9.1, §17.1.1.3).
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) uri: Vec<u8>,
    /// Via and Route lines.
    pub(super) top: Vec<u8>,
    pub(super) from: Vec<u8>,
    pub(super) to: Vec<u8>,
    pub(super) call_id: Vec<u8>,
    pub(super) cseq: u32,
}

impl Sent {
    fn request(&self, method: &str, to: &[u8]) -> Writer {
        let cseq = format!("{} {method}", self.cseq);
        Writer::request(method, &self.uri)
            .raw(&self.top)
            .line("From", &self.from)
            .line("To", to)
            .line("Call-ID", &self.call_id)
            .line("CSeq", cseq.as_bytes())
            .line("Max-Forwards", b"70")
    }
}

impl Core {
    /// Sends a request and watches over it.
    pub(super) fn open_client(
        &mut self,
        method: Method,
        branch: &str,
        flow: Flow,
        message: Bytes,
        leg: Option<Slot>,
        sent: Option<Box<Sent>>,
    ) -> Slot {
        let timers = self.settings.config.timers;
        let key = client_key(branch.as_bytes(), method.name().as_bytes());
        let slot = self.clients.insert(Client {
            key: key.clone(),
            method,
            flow: flow.clone(),
            state: ClientState::Calling,
            message: message.clone(),
            interval: timers.t1,
            leg,
            sent,
            ack: None,
            cancel: None,
            forks: 0,
        });
        self.client_keys.insert(key, slot);
        self.counters.transactions.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if !self.transport(&flow).is_reliable() {
            self.timers.set(self.now + timers.t1, Timer::ClientRetransmit(slot));
        }
        self.timers.set(self.now + timers.timeout(), Timer::ClientTimeout(slot));
        self.send(flow, message);
        slot
    }

    /// A response has come. One that belongs to nothing is ignored.
    pub(super) fn response(&mut self, response: Response) {
        let Some(essentials) = ResponseEssentials::read(&response) else {
            count(&self.counters.malformed);
            return;
        };
        let Some(&slot) = self.client_keys.get(&essentials.key) else {
            debug!(call_id = %response.call_id(), status = response.status(), "stray response");
            return;
        };
        let Some(client) = self.clients.get_mut(slot) else { return };
        if client.method.is_invite() {
            self.invite_response(slot, response, &essentials);
        } else {
            self.other_response(slot, &response);
        }
    }

    fn invite_response(&mut self, slot: Slot, response: Response, found: &ResponseEssentials) {
        let status = response.status();
        let timers = self.settings.config.timers;
        let Some(client) = self.clients.get_mut(slot) else { return };
        let (leg, method) = (client.leg, client.method);
        match (client.state, status) {
            (ClientState::Calling | ClientState::Proceeding, 100..200) => {
                client.state = ClientState::Proceeding;
                // Timer A stops; the far end may ring for long. The message stays for ACK's sake
                // no longer.
                client.message = Bytes::new();
                if client.cancel.is_some() {
                    self.send_cancel(slot);
                } else if let Some(leg) = leg
                    && method == Method::Invite
                {
                    self.provisional_came(leg, response, found);
                }
            }
            (ClientState::Calling | ClientState::Proceeding, 200..300) => {
                client.state = ClientState::Accepted;
                client.message = Bytes::new();
                self.timers.set(self.now + timers.timeout(), Timer::ClientEnd(slot));
                match (leg, method) {
                    (Some(leg), Method::Invite) => self.answered(leg, slot, response, found),
                    (Some(leg), _) => self.modified(leg, slot, response, found),
                    (None, _) => self.reject_fork(slot, &response, found),
                }
            }
            (ClientState::Calling | ClientState::Proceeding, _) => {
                client.state = ClientState::Completed;
                client.message = Bytes::new();
                self.acknowledge_failure(slot, &response, found);
                if self.clients.get(slot).is_some_and(|client| {
                    self.listener(&client.flow).is_some_and(|l| l.transport.is_reliable())
                }) {
                    self.remove_client(slot);
                } else {
                    self.timers.set(self.now + timers.timer_d(), Timer::ClientEnd(slot));
                }
                match (leg, method) {
                    (Some(leg), Method::Invite) => self.refused(leg, response),
                    (Some(leg), _) => self.not_modified(leg, response),
                    (None, _) => {}
                }
            }
            (ClientState::Completed, 300..) => self.send_ack_again(slot, None),
            (ClientState::Accepted, 200..300) => {
                let ours = client.ack.as_ref().is_some_and(|ack| ack.0 == *found.to_tag);
                let waiting = client.ack.is_none()
                    && leg.is_some_and(|leg| {
                        self.legs.get(leg).is_some_and(|leg| leg.dialog.remote_tag == found.to_tag)
                    });
                if ours {
                    self.send_ack_again(slot, Some(&found.to_tag));
                } else if !waiting {
                    self.reject_fork(slot, &response, found);
                }
            }
            _ => {}
        }
    }

    fn other_response(&mut self, slot: Slot, response: &Response) {
        let timers = self.settings.config.timers;
        let Some(client) = self.clients.get_mut(slot) else { return };
        match client.state {
            ClientState::Calling if response.status() < 200 => {
                client.state = ClientState::Proceeding;
                client.interval = timers.t2;
            }
            ClientState::Calling | ClientState::Proceeding if response.status() >= 200 => {
                client.state = ClientState::Completed;
                client.message = Bytes::new();
                let (leg, method) = (client.leg.take(), client.method);
                let flow = client.flow.clone();
                if self.transport(&flow).is_reliable() {
                    self.remove_client(slot);
                } else {
                    self.timers.set(self.now + timers.t4, Timer::ClientEnd(slot)); // K
                }
                if let Some(leg) = leg {
                    self.finished(leg, method, response.status());
                }
            }
            _ => {}
        }
    }

    /// A request of ours within a call has its final answer.
    fn finished(&mut self, leg: Slot, method: Method, status: u16) {
        match (method, status) {
            (Method::Bye, _) => self.remove_leg(leg),
            // The far end does not know the call any more (RFC 3261 §12.2.1.2).
            (Method::Info, 408 | 481) => self.lost(leg, status),
            _ => {}
        }
    }

    /// The far end has forgotten the call: BYE for whoever may still hold a part of it.
    pub(super) fn lost(&mut self, leg: Slot, status: u16) {
        let reason = format!("SIP;cause={status};text=\"the far end does not know the call\"");
        self.end(leg, Ended::Timeout, Some(reason), None);
        self.bye(leg, Vec::new());
    }

    /// Timers A and E.
    pub(super) fn client_retransmit(&mut self, slot: Slot) {
        let timers = self.settings.config.timers;
        let Some(client) = self.clients.get_mut(slot) else { return };
        let invite = client.method.is_invite();
        let running = match client.state {
            ClientState::Calling => true,
            ClientState::Proceeding => !invite,
            ClientState::Accepted | ClientState::Completed => false,
        };
        if !running {
            return;
        }
        client.interval = match (invite, client.state) {
            (true, _) => client.interval * 2,
            (false, ClientState::Proceeding) => timers.t2,
            (false, _) => (client.interval * 2).min(timers.t2),
        };
        let next = self.now + client.interval;
        let (flow, message) = (client.flow.clone(), client.message.clone());
        count(&self.counters.retransmitted);
        self.send(flow, message);
        self.timers.set(next, Timer::ClientRetransmit(slot));
    }

    /// Timers B and F.
    pub(super) fn client_timeout(&mut self, slot: Slot) {
        let Some(client) = self.clients.get(slot) else { return };
        let waiting = match client.state {
            ClientState::Calling => true,
            // A phone may ring longer than 64·T1 (RFC 3261 §17.1.1.2).
            ClientState::Proceeding => !client.method.is_invite(),
            ClientState::Accepted | ClientState::Completed => false,
        };
        if waiting {
            count(&self.counters.timeouts);
            self.client_failed(slot, Ended::Timeout, "no answer in 64*T1");
        }
    }

    /// A cancelled INVITE without final response, 64·T1 after the CANCEL.
    pub(super) fn cancel_timeout(&mut self, slot: Slot) {
        if let Some(client) = self.clients.get(slot)
            && matches!(client.state, ClientState::Calling | ClientState::Proceeding)
        {
            self.client_failed(slot, Ended::Timeout, "no answer to CANCEL");
        }
    }

    /// A request of ours came to nothing.
    pub(super) fn client_failed(&mut self, slot: Slot, how: Ended, why: &str) {
        let Some(client) = self.clients.get_mut(slot) else { return };
        let (leg, method) = (client.leg.take(), client.method);
        self.remove_client(slot);
        let Some(leg) = leg else { return };
        match method {
            Method::Invite => {
                self.end(leg, how, Some(why.to_owned()), None);
                self.remove_leg(leg);
            }
            Method::Bye => self.remove_leg(leg),
            Method::Reinvite | Method::Info => {
                self.end(leg, how, Some(why.to_owned()), None);
                self.bye(leg, Vec::new());
            }
            Method::Cancel => {}
        }
    }

    /// A message that we sent did not arrive: ICMP, or a TCP connection that cannot be opened.
    pub(crate) fn unreachable(&mut self, now: tokio::time::Instant, message: &[u8], why: &str) {
        self.now = now;
        let method = message.split(|byte| *byte == b' ').next().unwrap_or_default();
        if method == b"SIP/2.0" {
            return self.response_unreachable(message, why);
        }
        if method == b"ACK" {
            return self.acknowledgement_unreachable(message, why);
        }
        let Some(branch) = wire::top_branch(message) else { return };
        if let Some(&slot) = self.client_keys.get(&client_key(branch, method))
            && let Some(client) = self.clients.get(slot)
            && matches!(client.state, ClientState::Calling | ClientState::Proceeding)
        {
            self.client_failed(slot, Ended::TransportFailure, why);
        }
    }

    /// Keeps the ACK of a 2xx, for the repetitions of that 2xx.
    pub(super) fn keep_ack(&mut self, slot: Slot, to_tag: &[u8], flow: Flow, ack: Bytes) {
        if let Some(client) = self.clients.get_mut(slot) {
            client.ack = Some(Box::new((to_tag.to_vec(), flow, ack)));
            client.leg = None;
        }
    }

    fn acknowledge_failure(&mut self, slot: Slot, response: &Response, found: &ResponseEssentials) {
        let Some(client) = self.clients.get_mut(slot) else { return };
        let Some(sent) = &client.sent else { return };
        let to = response.values(b"To").next().unwrap_or_default();
        let ack = sent.request("ACK", &to).finish();
        let flow = client.flow.clone();
        client.ack = Some(Box::new((found.to_tag.to_vec(), flow.clone(), ack.clone())));
        client.sent = None;
        self.send(flow, ack);
    }

    fn send_ack_again(&mut self, slot: Slot, to_tag: Option<&[u8]>) {
        let Some(ack) = self.clients.get(slot).and_then(|client| client.ack.as_ref()) else {
            return;
        };
        if to_tag.is_none_or(|tag| ack.0 == tag) {
            let (flow, data) = (ack.1.clone(), ack.2.clone());
            self.send(flow, data);
        }
    }

    /// Gives an INVITE up. Before any response the CANCEL has to wait for one (RFC 3261 §9.1).
    pub(super) fn cancel_client(&mut self, slot: Slot, headers: Vec<(String, String)>) {
        let Some(client) = self.clients.get_mut(slot) else { return };
        if client.cancel.is_some() {
            return;
        }
        client.cancel = Some(headers);
        if client.state == ClientState::Proceeding {
            self.send_cancel(slot);
        }
    }

    fn send_cancel(&mut self, slot: Slot) {
        let timeout = self.settings.config.timers.timeout();
        let Some(client) = self.clients.get_mut(slot) else { return };
        let Some(headers) = client.cancel.as_mut().map(std::mem::take) else { return };
        let Some(sent) = &client.sent else { return };
        let Some(end) = client.key.iter().position(|byte| *byte == b'\n') else { return };
        let branch =
            String::from_utf8_lossy(client.key.get(..end).unwrap_or_default()).into_owned();
        let key = client_key(branch.as_bytes(), Method::Cancel.name().as_bytes());
        if self.client_keys.contains_key(&key) {
            return; // sent already
        }
        let cancel = sent.request("CANCEL", &sent.to).headers(&headers).finish();
        let flow = client.flow.clone();
        self.open_client(Method::Cancel, &branch, flow, cancel, None, None);
        self.timers.set(self.now + timeout, Timer::CancelTimeout(slot));
    }

    /// A 2xx that nobody wants: of another branch, or after we gave up and let go of the call. It is
    /// acknowledged and ended (RFC 3261 §13.2.2.4).
    fn reject_fork(&mut self, slot: Slot, response: &Response, found: &ResponseEssentials) {
        if self.crowded() {
            return;
        }
        let Some(client) = self.clients.get_mut(slot) else { return };
        if client.forks >= MAX_FORKS {
            return;
        }
        client.forks += 1;
        let Some(client) = self.clients.get(slot) else { return };
        let Some(sent) = &client.sent else { return };
        let flow = client.flow.clone();
        let Some(mut dialog) = self.dialog_of_response(sent, &flow, response, found) else {
            return;
        };
        debug!(call_id = %response.call_id(), "answer of another branch: ACK and BYE");
        let ack = self.ack(&dialog, found.cseq, None);
        self.send(dialog.flow.clone(), ack);
        dialog.local_cseq += 1;
        let (branch, bye, flow) = self.dialog_request(&dialog, Method::Bye, &[], None);
        self.open_client(Method::Bye, &branch, flow, bye, None, None);
    }

    pub(super) fn remove_client(&mut self, slot: Slot) {
        if let Some(client) = self.clients.remove(slot) {
            self.client_keys.remove(&client.key);
            self.counters.transactions.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}
