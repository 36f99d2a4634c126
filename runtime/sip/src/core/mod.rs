//! The protocol without I/O: messages, orders and time go in, messages to send come out.
//!
//! A [`Core`] owns the calls of one thread, so that it needs no lock. The rim (`transport`) feeds it
//! what sockets hear and sends what it leaves in [`Core::actions`]; the tests and the fuzzer are
//! other rims. Each file holds what RFC 3261 says about one thing:
//!
//! * `server`, `client`: the transactions of §17 and RFC 6026; `timer`, `slots` serve them.
//! * `dialog`, `leg`: the dialog of §12 and the call around it.
//! * `accept` (INVITE in), `invite` (INVITE out), `acknowledge`, `cancel`, `bye`, `info`, `modify`
//!   (re-INVITE), `options`: the methods.
//! * `refuse`: what is answered without keeping anything.

mod accept;
mod acknowledge;
mod bye;
mod cancel;
mod client;
mod dialog;
mod info;
mod invite;
mod leg;
mod modify;
mod options;
mod refuse;
mod server;
mod slots;
mod timer;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::call::CallOrder;
use crate::config::{Config, Transport};
use crate::event::Invitation;
use crate::statistics::{Counters, count};
use crate::transport::Connection;
use crate::wire::{self, Essentials, Message, Refusal, Request, Unreadable};

use client::Client;
pub(crate) use invite::Dial;
pub(crate) use leg::EVENTS;
use leg::Leg;
use server::Server;
use slots::{Slot, Slots};
use timer::{Timer, Timers};

/// The methods that are understood.
const ALLOW: &[u8] = b"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO";
/// Methods that exist, but not here.
const KNOWN: [&[u8]; 8] =
    [b"REGISTER", b"SUBSCRIBE", b"NOTIFY", b"PUBLISH", b"MESSAGE", b"REFER", b"UPDATE", b"PRACK"];

type Keys = HashMap<Box<[u8]>, Slot, foldhash::fast::RandomState>;

/// An address we listen on, as bound.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) transport: Transport,
    pub(crate) bound: SocketAddr,
    pub(crate) advertise: Option<String>,
    pub(crate) profile: Arc<str>,
}

/// What all cores of a stack share.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) listeners: Vec<Listener>,
}

/// Between which addresses a message travels.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// Index into [`Settings::listeners`].
    pub(crate) listener: u16,
    /// Never 0.0.0.0.
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
    /// The TCP connection, when there is one already.
    pub(crate) connection: Option<Connection>,
}

/// What the rim has to do.
#[derive(Debug)]
pub(crate) enum Action {
    Send {
        flow: Flow,
        data: Bytes,
    },
    /// Find the address of a name, off this thread, and tell [`Core::resolved`].
    Resolve {
        name: String,
        port: u16,
        token: Token,
    },
}

/// Whom a resolved name is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token(Slot);

/// What the stack and its calls ask for.
#[derive(Debug)]
pub(crate) enum Command {
    Call(CallOrder),
    Dial(Box<Dial>),
    /// Refuse new calls from now on.
    Drain,
    /// Hang up all calls.
    HangupAll,
    /// End the thread.
    Stop,
}

/// The local address that reaches a peer from a listener; none when there is no way.
pub(crate) type Locate = Box<dyn FnMut(&Listener, SocketAddr) -> Option<SocketAddr> + Send>;

/// The calls and transactions of one thread.
pub(crate) struct Core {
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    invitations: mpsc::Sender<Invitation>,
    commands: mpsc::UnboundedSender<Command>,
    locate: Locate,
    now: Instant,
    timers: Timers,
    servers: Slots<Server>,
    server_keys: Keys,
    /// INVITEs being answered, to find merged ones (RFC 3261 §8.2.2.2).
    merges: Keys,
    clients: Slots<Client>,
    client_keys: Keys,
    legs: Slots<Leg>,
    /// By Call-ID and our tag.
    leg_keys: Keys,
    draining: bool,
    /// Makes the tags of stateless answers: the same for a repeated request, unknown to others.
    secret: RandomState,
    /// What the rim has to do next.
    pub(crate) actions: Vec<Action>,
}

impl Core {
    pub(crate) fn new(
        settings: Arc<Settings>,
        counters: Arc<Counters>,
        invitations: mpsc::Sender<Invitation>,
        commands: mpsc::UnboundedSender<Command>,
        locate: Locate,
    ) -> Self {
        Self {
            settings,
            counters,
            invitations,
            commands,
            locate,
            now: Instant::now(),
            timers: Timers::default(),
            servers: Slots::default(),
            server_keys: Keys::default(),
            merges: Keys::default(),
            clients: Slots::default(),
            client_keys: Keys::default(),
            legs: Slots::default(),
            leg_keys: Keys::default(),
            draining: false,
            secret: RandomState::new(),
            actions: Vec::new(),
        }
    }

    /// A message has come.
    pub(crate) fn receive(&mut self, now: Instant, data: Bytes, flow: Flow) {
        self.now = now;
        count(&self.counters.received);
        match wire::parse(data.clone(), self.settings.config.message) {
            Ok(Message::Request(request)) => self.request(request, flow),
            Ok(Message::Response(response)) => self.response(response),
            Err(fault) => self.unreadable(&data, &fault, flow),
        }
    }

    /// A connection holds something that cannot be cut into messages.
    pub(crate) fn broken(&mut self, now: Instant, data: &[u8], fault: &Unreadable, flow: Flow) {
        self.now = now;
        count(&self.counters.received);
        self.unreadable(data, fault, flow);
    }

    fn request(&mut self, request: Request, mut flow: Flow) {
        let essentials = match wire::essentials(&request) {
            Ok(essentials) => essentials,
            Err(refusal) => return self.refuse_broken(&request, &flow, &refusal),
        };
        let source = flow.peer;
        if self.transport(&flow) == Transport::Udp && !essentials.rport {
            // RFC 3261 §18.2.2: to the port that Via names.
            flow.peer.set_port(essentials.via_port.unwrap_or(5060));
        }
        let key = essentials.key(request.method_bytes());
        if let Some(&server) = self.server_keys.get(&key) {
            return self.repeated(server, &request, &essentials);
        }
        match request.method_bytes() {
            b"ACK" => return self.acknowledged(&request, &essentials),
            b"CANCEL" => return self.cancelled(request, &essentials, key, flow),
            _ => {}
        }
        if let Some(refusal) = unsupported(&request) {
            return self.refuse(&request, &flow, &refusal);
        }
        if essentials.to_tag.is_some() {
            return self.within_dialog(request, &essentials, key, flow);
        }
        match request.method_bytes() {
            b"INVITE" => self.invitation(request, &essentials, key, flow, source),
            b"OPTIONS" => self.options(&request, &flow),
            b"BYE" | b"INFO" => {
                self.refuse(&request, &flow, &Refusal::new(481, "Call Does Not Exist: no To tag"));
            }
            method => {
                let refusal = not_allowed(method);
                self.refuse(&request, &flow, &refusal);
            }
        }
    }

    /// A request with a To tag (RFC 3261 §12.2.2).
    fn within_dialog(
        &mut self,
        request: Request,
        essentials: &Essentials,
        key: Box<[u8]>,
        flow: Flow,
    ) {
        let slot = self.leg_of(essentials);
        let Some((slot, leg)) = slot.and_then(|slot| Some((slot, self.legs.get_mut(slot)?))) else {
            return self.refuse(&request, &flow, &Refusal::new(481, "Call Does Not Exist"));
        };
        if leg.dialog.remote_cseq.is_some_and(|last| essentials.cseq < last) {
            let refusal = Refusal::new(500, "CSeq is lower than that of the last request");
            return self.refuse(&request, &flow, &refusal);
        }
        leg.dialog.remote_cseq = Some(essentials.cseq);
        match request.method_bytes() {
            b"INVITE" => self.modification(slot, &request, essentials, key, flow),
            b"BYE" => self.bye_came(slot, request, key, flow),
            b"INFO" => self.info_came(slot, &request, key, flow),
            b"OPTIONS" => self.options(&request, &flow),
            method => {
                let refusal = not_allowed(method);
                self.refuse(&request, &flow, &refusal);
            }
        }
    }

    /// The call that a request with a To tag belongs to; both tags must fit.
    fn leg_of(&self, essentials: &Essentials) -> Option<Slot> {
        let to_tag = essentials.to_tag.as_deref()?;
        let slot = *self.leg_keys.get(&*leg::key(&essentials.call_id, to_tag))?;
        let leg = self.legs.get(slot)?;
        (leg.dialog.remote_tag == essentials.from_tag).then_some(slot)
    }

    /// Fires the timers that are due.
    pub(crate) fn poll(&mut self, now: Instant) {
        self.now = now;
        while let Some(timer) = self.timers.due(now) {
            match timer {
                Timer::ClientRetransmit(slot) => self.client_retransmit(slot),
                Timer::ClientTimeout(slot) => self.client_timeout(slot),
                Timer::ClientEnd(slot) => self.remove_client(slot),
                Timer::CancelTimeout(slot) => self.cancel_timeout(slot),
                Timer::Trying(slot) => self.trying(slot),
                Timer::Progress(slot) => self.repeat_progress(slot),
                Timer::ServerRetransmit(slot) => self.server_retransmit(slot),
                Timer::ServerTimeout(slot) => self.server_timeout(slot),
                Timer::ServerEnd(slot) => self.remove_server(slot),
                Timer::Expires(slot) => self.expired(slot),
                Timer::Glare(slot) => self.try_modification_again(slot),
            }
        }
    }

    /// When [`Core::poll`] must be called next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The stack or a call asks for something. False ends the thread.
    pub(crate) fn command(&mut self, now: Instant, command: Command) -> bool {
        self.now = now;
        match command {
            Command::Call(order) => self.order(order),
            Command::Dial(dial) => self.dial(dial),
            Command::Drain => self.draining = true,
            Command::HangupAll => {
                self.draining = true;
                for leg in self.legs.slots() {
                    self.hangup(leg, Vec::new());
                }
            }
            Command::Stop => return false,
        }
        true
    }

    /// A name has an address, or none.
    pub(crate) fn resolved(
        &mut self,
        now: Instant,
        token: Token,
        result: Result<Vec<IpAddr>, String>,
    ) {
        self.now = now;
        self.name_resolved(token.0, result);
    }

    fn transport(&self, flow: &Flow) -> Transport {
        self.listener(flow).map_or(Transport::Udp, |listener| listener.transport)
    }

    fn listener(&self, flow: &Flow) -> Option<&Listener> {
        self.settings.listeners.get(usize::from(flow.listener))
    }

    /// `host:port` that a peer reaches us by.
    fn reachable(&self, flow: &Flow) -> String {
        match self.listener(flow).and_then(|listener| listener.advertise.as_deref()) {
            // A host alone (or a bare IPv6 address) gets our port.
            Some(host) if host.starts_with('[') && host.contains("]:") => host.to_owned(),
            Some(host) if host.starts_with('[') => format!("{host}:{}", flow.local.port()),
            Some(host) if host.matches(':').count() == 1 => host.to_owned(),
            Some(host) if host.contains(':') => format!("[{host}]:{}", flow.local.port()),
            Some(host) => format!("{host}:{}", flow.local.port()),
            None => flow.local.to_string(),
        }
    }

    fn send(&mut self, flow: Flow, data: Bytes) {
        count(&self.counters.sent);
        self.actions.push(Action::Send { flow, data });
    }

    /// The tag of an answer that leaves nothing behind.
    fn stateless_tag(&self, call_id: &[u8], from_tag: &[u8]) -> String {
        format!("{:016x}", self.secret.hash_one((call_id, from_tag)))
    }

    fn full(&self) -> bool {
        self.counters.calls.load(Ordering::Relaxed) >= self.settings.config.calls || self.crowded()
    }

    /// As many transactions as allowed.
    fn crowded(&self) -> bool {
        let transactions = self.counters.transactions.load(Ordering::Relaxed);
        transactions >= self.settings.config.transactions
    }
}

/// Requires an extension: none is supported (RFC 3261 §8.2.2.3).
fn unsupported(request: &Request) -> Option<Refusal> {
    let required: Vec<String> = request
        .values(b"Require")
        .map(|value| ringfence_text::decode(&value).into_owned())
        .filter(|value| !value.trim().is_empty())
        .collect();
    if required.is_empty() {
        return None;
    }
    let required = required.join(", ");
    Some(Refusal::with(420, "Bad Extension", "Unsupported", required))
}

fn not_allowed(method: &[u8]) -> Refusal {
    let name = ringfence_text::decode(method);
    if KNOWN.contains(&method) {
        Refusal::new(405, format!("Method Not Allowed: {name}"))
    } else {
        Refusal::new(501, format!("Not Implemented: {name}"))
    }
}

/// 64 random bits as text: tags, branches, Call-IDs.
pub(crate) fn token() -> String {
    format!("{:016x}", rand::random::<u64>())
}
