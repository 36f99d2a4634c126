//! Server transactions (RFC 3261 §17.2, RFC 6026): a repeated request meets its last response.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Core, Flow, Slot, Timer};
use crate::statistics::count;
use crate::wire::{Essentials, Request, Writer, phrase};

/// A request that was answered, or an INVITE that will be. Completed, it is its key and the last
/// response.
#[derive(Debug)]
pub(super) struct Server {
    key: Box<[u8]>,
    /// Where responses go.
    flow: Flow,
    pub(super) state: ServerState,
    /// The last response, empty before the first.
    last: Bytes,
    /// The call that an INVITE belongs to.
    pub(super) leg: Option<Slot>,
    /// What an INVITE needs until it is done.
    pub(super) pending: Option<Box<Pending>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerState {
    /// An INVITE without final response.
    Proceeding,
    /// An INVITE with 2xx, which is repeated until the ACK.
    Accepted,
    /// The 2xx has its ACK; repeated INVITEs are ignored.
    Acknowledged,
    /// An INVITE with 300 to 699, which is repeated until the ACK; or any other request, answered.
    Completed,
    /// The ACK for 300 to 699 has come.
    Confirmed,
}

/// What an INVITE needs until it is done.
#[derive(Debug)]
pub(super) struct Pending {
    /// Via, From, To, Call-ID, CSeq of all responses.
    pub(super) head: Vec<u8>,
    /// Record-Route of the request, for responses that make a dialog.
    pub(super) record_route: Vec<u8>,
    pub(super) cseq: u32,
    /// The key in `merges`; a re-INVITE has none.
    merge: Option<Box<[u8]>>,
    /// Of the next retransmission.
    interval: Duration,
    /// The timer that repeats provisional responses runs.
    ringing: bool,
    /// The Timestamp header, for 100.
    timestamp: Option<Vec<u8>>,
    /// When the INVITE's Expires has passed.
    pub(super) expires: Option<Instant>,
}

/// What tells that two INVITEs came from one (RFC 3261 §8.2.2.2).
pub(super) fn merge_key(essentials: &Essentials) -> Box<[u8]> {
    let cseq = essentials.cseq.to_be_bytes();
    [&essentials.call_id, &b"\n"[..], &essentials.from_tag, b"\n", &cseq].concat().into()
}

impl Core {
    /// Opens the transaction of an INVITE.
    pub(super) fn open_invite(
        &mut self,
        request: &Request,
        essentials: &Essentials,
        key: Box<[u8]>,
        flow: Flow,
        head: Vec<u8>,
        leg: Slot,
    ) -> Slot {
        let mut record_route = Vec::new();
        for value in request.values(b"Record-Route") {
            record_route.extend_from_slice(b"Record-Route: ");
            record_route.extend_from_slice(&value);
            record_route.extend_from_slice(b"\r\n");
        }
        let merge = essentials.to_tag.is_none().then(|| merge_key(essentials));
        let pending = Pending {
            head,
            record_route,
            cseq: essentials.cseq,
            merge: merge.clone(),
            interval: self.settings.config.timers.t1,
            ringing: false,
            timestamp: request.values(b"Timestamp").next().map(|value| value.into_owned()),
            expires: None,
        };
        let slot = self.insert_server(Server {
            key,
            flow,
            state: ServerState::Proceeding,
            last: Bytes::new(),
            leg: Some(leg),
            pending: Some(Box::new(pending)),
        });
        if let Some(merge) = merge {
            self.merges.insert(merge, slot);
        }
        self.timers.set(self.now + self.settings.config.timers.trying, Timer::Trying(slot));
        slot
    }

    /// Answers a request other than INVITE, finally.
    pub(super) fn respond_once(&mut self, key: Box<[u8]>, flow: Flow, data: Bytes) {
        self.send(flow.clone(), data.clone());
        if self.transport(&flow).is_reliable() || self.crowded() {
            // Timer J is zero; or a repeated request is answered anew, most likely with 481.
            return;
        }
        let server = Server {
            key,
            flow,
            state: ServerState::Completed,
            last: data,
            leg: None,
            pending: None,
        };
        let slot = self.insert_server(server);
        self.timers.set(self.now + self.settings.config.timers.timeout(), Timer::ServerEnd(slot));
    }

    /// Sends a response to an INVITE; does nothing when it has its final one.
    pub(super) fn respond_invite(&mut self, slot: Slot, status: u16, data: Bytes) {
        let timers = self.settings.config.timers;
        let Some(server) = self.servers.get_mut(slot) else { return };
        if server.state != ServerState::Proceeding {
            return;
        }
        server.last = data.clone();
        let flow = server.flow.clone();
        let reliable = self.settings.listeners.get(usize::from(flow.listener));
        let reliable = reliable.is_some_and(|listener| listener.transport.is_reliable());
        match status {
            ..200 => {}
            200..300 => {
                server.state = ServerState::Accepted;
                // Repeated over any transport: proxies between may lose it (RFC 3261 §13.3.1.4).
                self.timers.set(self.now + timers.t1, Timer::ServerRetransmit(slot));
                self.timers.set(self.now + timers.timeout(), Timer::ServerTimeout(slot));
            }
            300.. => {
                server.state = ServerState::Completed;
                server.leg = None;
                if !reliable {
                    self.timers.set(self.now + timers.t1, Timer::ServerRetransmit(slot));
                }
                self.timers.set(self.now + timers.timeout(), Timer::ServerTimeout(slot));
            }
        }
        self.send(flow, data);
    }

    /// A request whose transaction exists: sent again, or the ACK of an INVITE.
    pub(super) fn repeated(&mut self, slot: Slot, request: &Request, essentials: &Essentials) {
        let timers = self.settings.config.timers;
        let Some(server) = self.servers.get_mut(slot) else { return };
        if request.method_bytes() == b"ACK" {
            match server.state {
                ServerState::Completed => {
                    server.state = ServerState::Confirmed;
                    server.last = Bytes::new();
                    let flow = server.flow.clone();
                    self.settle(slot);
                    if self.transport(&flow).is_reliable() {
                        self.remove_server(slot);
                    } else {
                        self.timers.set(self.now + timers.t4, Timer::ServerEnd(slot));
                    }
                }
                // The ACK for a 2xx wants a branch of its own, but some peers use the INVITE's.
                ServerState::Accepted => self.acknowledged(request, essentials),
                _ => {}
            }
            return;
        }
        count(&self.counters.repeated);
        let answered = matches!(server.state, ServerState::Proceeding | ServerState::Completed);
        if answered && !server.last.is_empty() {
            let (flow, last) = (server.flow.clone(), server.last.clone());
            self.send(flow, last);
        }
    }

    /// The 2xx of this transaction has its ACK.
    pub(super) fn settle_accepted(&mut self, slot: Slot) {
        if let Some(server) = self.servers.get_mut(slot) {
            server.state = ServerState::Acknowledged;
            server.last = Bytes::new();
            server.leg = None;
            self.settle(slot);
        }
    }

    /// Lets go of all that a finished INVITE does not need.
    fn settle(&mut self, slot: Slot) {
        let Some(server) = self.servers.get_mut(slot) else { return };
        let pending = server.pending.take();
        if let Some(merge) = pending.and_then(|pending| pending.merge) {
            self.merges.remove(&merge);
        }
    }

    /// 200 ms have passed: a peer without response would send the INVITE again.
    pub(super) fn trying(&mut self, slot: Slot) {
        let Some(server) = self.servers.get_mut(slot) else { return };
        if server.state != ServerState::Proceeding || !server.last.is_empty() {
            return;
        }
        let Some(pending) = &server.pending else { return };
        let mut writer = Writer::response(100, phrase(100), &pending.head);
        if let Some(timestamp) = &pending.timestamp {
            writer = writer.line("Timestamp", timestamp);
        }
        let data = writer.finish();
        self.respond_invite(slot, 100, data);
    }

    /// Begins to repeat provisional responses, once.
    pub(super) fn keep_ringing(&mut self, slot: Slot) {
        let pending = self.servers.get_mut(slot).and_then(|server| server.pending.as_mut());
        if pending.is_some_and(|pending| !std::mem::replace(&mut pending.ringing, true)) {
            let again = self.now + self.settings.config.timers.progress;
            self.timers.set(again, Timer::Progress(slot));
        }
    }

    /// A minute of ringing.
    pub(super) fn repeat_progress(&mut self, slot: Slot) {
        let Some(server) = self.servers.get(slot) else { return };
        if server.state != ServerState::Proceeding {
            return;
        }
        let (flow, last) = (server.flow.clone(), server.last.clone());
        self.send(flow, last);
        self.timers.set(self.now + self.settings.config.timers.progress, Timer::Progress(slot));
    }

    /// Timer G, or a 2xx without ACK.
    pub(super) fn server_retransmit(&mut self, slot: Slot) {
        let timers = self.settings.config.timers;
        let Some(server) = self.servers.get_mut(slot) else { return };
        if !matches!(server.state, ServerState::Accepted | ServerState::Completed) {
            return;
        }
        let Some(pending) = &mut server.pending else { return };
        pending.interval = (pending.interval * 2).min(timers.t2);
        let next = self.now + pending.interval;
        let (flow, last) = (server.flow.clone(), server.last.clone());
        count(&self.counters.retransmitted);
        self.send(flow, last);
        self.timers.set(next, Timer::ServerRetransmit(slot));
    }

    /// Timers H and L.
    pub(super) fn server_timeout(&mut self, slot: Slot) {
        let Some(server) = self.servers.get(slot) else { return };
        match (server.state, server.leg) {
            (ServerState::Accepted, leg) => {
                count(&self.counters.timeouts);
                self.remove_server(slot);
                if let Some(leg) = leg {
                    self.never_acknowledged(leg);
                }
            }
            (ServerState::Completed, _) => {
                count(&self.counters.timeouts);
                self.remove_server(slot);
            }
            (ServerState::Acknowledged, _) => self.remove_server(slot),
            (ServerState::Proceeding | ServerState::Confirmed, _) => {}
        }
    }

    fn insert_server(&mut self, server: Server) -> Slot {
        let key = server.key.clone();
        let slot = self.servers.insert(server);
        self.server_keys.insert(key, slot);
        self.counters.transactions.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        slot
    }

    pub(super) fn remove_server(&mut self, slot: Slot) {
        self.settle(slot);
        if let Some(server) = self.servers.remove(slot) {
            self.server_keys.remove(&server.key);
            self.counters.transactions.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}
