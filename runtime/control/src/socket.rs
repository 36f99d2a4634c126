//! The listener, and what all connections share.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ringfence_switch::config::EventSocketSettings;
use ringfence_switch::{Session, Switch};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

use crate::connection::{Connection, Role};
use crate::divert::Diversions;
use crate::journal::{Bound, Journal};
use crate::parser::Limits;
use crate::serve::{self, Client};
use crate::strangers::Failures;
use crate::{frame, outbound};

/// How often an address that is taken is tried again.
const AGAIN: Duration = Duration::from_secs(3);
/// After an error of the listener itself (no file handles left), before the next attempt.
const BREATH: Duration = Duration::from_millis(100);
/// A dead peer is noticed by probes: after so long without a byte, and then so often.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// How long a client that is turned away may take to read why.
const REJECTED: Duration = Duration::from_secs(1);

/// The event socket cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("the event socket cannot listen on {address}: {error}")]
pub struct StartError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    pub error: std::io::Error,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) switch: Switch,
    pub(crate) journal: Arc<Journal>,
    pub(crate) failures: Failures,
    pub(crate) diversions: Diversions,
    /// True once the server ends.
    pub(crate) closing: watch::Sender<bool>,
    /// As they were at the start; a later configuration without event_socket.conf changes nothing.
    first: EventSocketSettings,
    /// Where clients connect, once that is so.
    bound: OnceLock<SocketAddr>,
    connections: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Shared {
    /// The settings as they are now.
    pub(crate) fn settings(&self) -> EventSocketSettings {
        self.switch.configuration().event_socket.clone().unwrap_or_else(|| self.first.clone())
    }

    /// How much of a command is taken from a client that has logged in.
    pub(crate) fn limits(&self) -> Limits {
        let settings = self.settings();
        Limits {
            command: settings.max_command,
            headers: settings.max_headers,
            body: settings.max_body,
        }
    }
}

/// The event socket of a server. Clones are the same.
#[derive(Clone)]
pub struct EventSocket(Arc<Shared>);

impl std::fmt::Debug for EventSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventSocket").finish_non_exhaustive()
    }
}

impl EventSocket {
    /// Listens for clients and registers the application `socket`, on the switch's runtime.
    ///
    /// An address that is taken is tried again every three seconds, unless `stop-on-bind-error` is set.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on and `stop-on-bind-error` is set.
    pub async fn start(switch: Switch, settings: EventSocketSettings) -> Result<Self, StartError> {
        let bound = Bound { events: settings.ring_events, bytes: settings.ring_bytes };
        let address = SocketAddr::new(settings.address, settings.port);
        let stop = settings.stop_on_bind_error;
        let shared = Arc::new(Shared {
            journal: Journal::new(switch.clone(), bound),
            failures: Failures::default(),
            diversions: Diversions::default(),
            closing: watch::Sender::new(false),
            connections: Arc::new(Semaphore::new(settings.max_connections)),
            strangers: Arc::new(Semaphore::new(settings.max_unauthenticated)),
            bound: OnceLock::new(),
            first: settings,
            switch: switch.clone(),
        });
        switch.register(outbound::module(Arc::downgrade(&shared)));
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => Some(listener),
            Err(error) if stop => return Err(StartError { address, error }),
            Err(error) => {
                tracing::error!(
                    "the event socket cannot listen on {address}: {error}; trying again every {} s",
                    AGAIN.as_secs()
                );
                None
            }
        };
        if let Some(listener) = &listener {
            shared.listens(listener);
        }
        let accept = Arc::clone(&shared).accept(address, listener);
        drop(switch.runtime().spawn(accept));
        Ok(Self(shared))
    }

    /// Where clients connect; none while the address is taken.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.bound.get().copied()
    }

    /// Ends all connections, each with its notice, and waits for that so long at most.
    pub async fn close(&self, patience: Duration) {
        self.0.closing.send_replace(true);
        let all = u32::try_from(self.0.first.max_connections).unwrap_or(u32::MAX);
        // Who has not taken its notice by then does without.
        let _ = timeout(patience, self.0.connections.acquire_many(all)).await;
    }
}

impl Shared {
    /// Notes where it listens.
    fn listens(&self, listener: &TcpListener) {
        match listener.local_addr() {
            Ok(address) => {
                // Bound once only.
                let _ = self.bound.set(address);
                tracing::info!("event socket on {address}");
            }
            Err(error) => tracing::warn!("event socket: {error}"),
        }
    }

    async fn accept(self: Arc<Self>, address: SocketAddr, listener: Option<TcpListener>) {
        let mut closing = self.closing.subscribe();
        let all = async {
            let listener = match listener {
                Some(listener) => listener,
                None => {
                    let listener = bind(address).await;
                    self.listens(&listener);
                    listener
                }
            };
            loop {
                match listener.accept().await {
                    Ok((stream, client)) => self.take(stream, client.ip()),
                    Err(error) => {
                        tracing::warn!("the event socket cannot take a client: {error}");
                        tokio::time::sleep(BREATH).await;
                    }
                }
            }
        };
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => {}
            () = all => {}
        }
    }

    /// A client has connected.
    fn take(self: &Arc<Self>, stream: TcpStream, address: IpAddr) {
        let address = address.to_canonical();
        let settings = self.settings();
        let permits = (
            Arc::clone(&self.connections).try_acquire_owned(),
            Arc::clone(&self.strangers).try_acquire_owned(),
        );
        let shared = Arc::clone(self);
        if !settings.allows(address) {
            tracing::warn!(client = %address, "event socket: refused by apply-inbound-acl");
            drop(self.switch.runtime().spawn(reject(stream, frame::DENIED, permits.1.ok())));
            return;
        }
        let (Ok(connection), Ok(stranger)) = permits else {
            tracing::warn!(client = %address, "event socket: too many connections");
            // Without a task of its own: a flood of clients must not become a flood of tasks.
            let mut out = bytes::BytesMut::new();
            frame::rejection(&mut out, frame::FULL);
            if let Err(error) = stream.try_write(&out) {
                tracing::debug!(client = %address, "event socket: {error}");
            }
            return;
        };
        drop(self.switch.runtime().spawn(async move {
            prepare(&stream);
            let auth_timeout = shared.settings().auth_timeout;
            let mut state = Connection::new(shared, Role::Inbound, address);
            state.stranger = Some(stranger);
            let mut client = Client::new(Limits::STRANGER);
            client.expect(Instant::now() + auth_timeout);
            frame::put(client.out(), frame::AUTH_REQUEST);
            tracing::debug!(client = %address, "event socket: connected");
            serve::serve(&mut state, &stream, &mut client).await;
            tracing::debug!(client = %address, "event socket: closed");
            drop(connection);
        }));
    }

    /// A connection to a client that controls a call.
    pub(crate) fn outbound(
        self: &Arc<Self>,
        session: &Session,
        address: IpAddr,
        role: Role,
    ) -> Connection {
        let mut connection = Connection::new(Arc::clone(self), role, address);
        connection.rights = Some(crate::directory::Rights::all());
        connection.session = Some(session.clone());
        connection
    }
}

/// Tries until the address is free.
async fn bind(address: SocketAddr) -> TcpListener {
    loop {
        tokio::time::sleep(AGAIN).await;
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => tracing::debug!("event socket on {address}: {error}"),
        }
    }
}

/// Tells a client why it may not stay. `_permit` bounds how many are told at a time.
async fn reject(
    stream: TcpStream,
    why: &'static str,
    _permit: Option<tokio::sync::OwnedSemaphorePermit>,
) {
    let mut client = Client::new(Limits::STRANGER);
    frame::rejection(client.out(), why);
    let _ = timeout(REJECTED, client.flush(&stream)).await;
}

/// Replies leave at once, and a dead peer is noticed.
pub(crate) fn prepare(stream: &TcpStream) {
    let probes = socket2::TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
    let socket = socket2::SockRef::from(stream);
    if let Err(error) = socket.set_tcp_nodelay(true).and(socket.set_tcp_keepalive(&probes)) {
        tracing::debug!("event socket: {error}");
    }
}
