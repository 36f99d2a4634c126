//! The stack: listeners, threads, and the way to make calls.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tracing::{info, warn};

use crate::call::{Call, Invite, InviteError, Shared};
use crate::config::{Config, Listen, Transport};
use crate::core::{Command, Core, Dial, Listener, Settings, token};
use crate::event::{CallEvent, Invitation};
use crate::statistics::{Counters, Statistics};
use crate::transport::{self, Input, Outlet, Shard, Steer};
use crate::wire::{NameAddr, Uri, check_headers, check_value};

/// How long [`Stack::shutdown`] waits for the answers to its BYEs.
const FAREWELL: Duration = Duration::from_secs(4);
/// SIP threads; more than cores help nobody.
const THREADS: usize = 64;

/// Why a stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("cannot listen on {transport} {address} for SIP profile {profile:?}: {error}{}", hint(.error))]
    Listen {
        /// `UDP` or `TCP`.
        transport: &'static str,
        /// The address.
        address: SocketAddr,
        /// The profile it is for.
        profile: Arc<str>,
        /// What the system says.
        error: io::Error,
    },
    /// The configuration makes no sense.
    #[error("SIP: {0}")]
    Config(String),
    /// A thread cannot be started.
    #[error("cannot start a SIP thread: {0}")]
    Thread(io::Error),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another server runs there, or choose another port",
        io::ErrorKind::AddrNotAvailable => "; it is not an address of this machine",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need privileges",
        _ => "",
    }
}

/// A listener as it was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Its profile.
    pub profile: Arc<str>,
    /// UDP or TCP.
    pub transport: Transport,
    /// Its address, with the port that was taken.
    pub address: SocketAddr,
}

/// A running SIP stack. Clones are the same stack; the last one dropped ends its threads.
#[derive(Clone, Debug)]
pub struct Stack(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Arc<Settings>,
    counters: Arc<Counters>,
    shards: Vec<mpsc::UnboundedSender<Command>>,
    hash: foldhash::fast::FixedState,
    draining: AtomicBool,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for shard in &self.shards {
            let _ = shard.send(Command::Stop);
        }
    }
}

/// A listener's sockets, one for each thread.
enum Sockets {
    Udp(Vec<std::net::UdpSocket>),
    Tcp(std::net::TcpListener),
}

/// What one thread is made of.
struct Parts {
    shard: Shard,
    steer: Steer,
}

impl Stack {
    /// Opens the listeners and starts the threads. Blocks for some milliseconds.
    ///
    /// # Errors
    ///
    /// [`StartError`]: an address in use, most often.
    pub fn start(config: Config) -> Result<(Self, mpsc::Receiver<Invitation>), StartError> {
        let threads = config.threads.clamp(1, THREADS);
        let mut listeners = Vec::new();
        let mut sockets = Vec::new();
        for listen in &config.listen {
            let (listener, opened) = open(listen, threads, config.receive_buffer)?;
            listeners.push(listener);
            sockets.push(opened);
        }
        let (inner, parts, invitations) = assemble(config, listeners, threads)?;
        for (index, Parts { shard, steer }) in parts.into_iter().enumerate() {
            let mine = take(&mut sockets)?;
            let thread = std::thread::Builder::new()
                .name(format!("sip-{index}"))
                .spawn(move || serve(shard, &steer, mine))
                .map_err(StartError::Thread)?;
            inner.threads.lock().push(thread);
        }
        Ok((Self(Arc::new(inner)), invitations))
    }

    /// Starts on a network in memory, as tasks of the current runtime: one, whatever
    /// `config.threads` says. UDP only.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn simulated(
        config: Config,
        network: ringfence_rim::Network,
    ) -> Result<(Self, mpsc::Receiver<Invitation>), StartError> {
        let mut listeners = Vec::new();
        let mut sockets = Vec::new();
        for listen in &config.listen {
            if listen.transport != Transport::Udp || listen.address.ip().is_unspecified() {
                let why = "a simulated network has UDP on given addresses only";
                return Err(StartError::Config(why.to_owned()));
            }
            let socket = network.bind(listen.address).map_err(|error| failed(listen, error))?;
            listeners.push(bound(listen, socket.local_addr()));
            sockets.push(Arc::new(socket));
        }
        let (inner, parts, invitations) = assemble(config, listeners, 1)?;
        for Parts { mut shard, steer } in parts {
            let mut readers = tokio::task::JoinSet::new();
            for (index, socket) in (0..).zip(&sockets) {
                shard.outlets.push(Outlet::Simulated(Arc::clone(socket)));
                readers.spawn(transport::hear_simulated(Arc::clone(socket), index, steer.clone()));
            }
            let network = network.clone();
            tokio::spawn(async move {
                shard.run().await;
                // The sockets do not keep their network: as long as the stack runs, this does.
                drop(network);
                readers.shutdown().await;
            });
        }
        Ok((Self(Arc::new(inner)), invitations))
    }

    /// The listeners, with the ports that were taken.
    #[must_use]
    pub fn bound(&self) -> Vec<Bound> {
        let listeners = self.0.settings.listeners.iter();
        listeners
            .map(|listener| Bound {
                profile: Arc::clone(&listener.profile),
                transport: listener.transport,
                address: listener.bound,
            })
            .collect()
    }

    /// What it has done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.0.counters.read()
    }

    /// Makes a call. Events follow; a name that has no address ends it as `TransportFailure`.
    ///
    /// # Errors
    ///
    /// [`InviteError`]: what can be known at once.
    pub fn invite(&self, invite: Invite) -> Result<(Call, mpsc::Receiver<CallEvent>), InviteError> {
        let inner = &*self.0;
        if inner.draining.load(Ordering::Relaxed) {
            return Err(InviteError::Shutdown);
        }
        let call_id = token();
        let shared = Shared::new(&call_id, &token());
        let (sender, events) = mpsc::channel(crate::core::EVENTS);
        let dial = self.checked(invite, Arc::clone(&shared), sender)?;
        let limit = inner.settings.config.calls;
        if inner.counters.calls.fetch_add(1, Ordering::Relaxed) >= limit {
            inner.counters.calls.fetch_sub(1, Ordering::Relaxed);
            return Err(InviteError::Limit(limit));
        }
        let shard = transport::shard_of(&inner.hash, call_id.as_bytes(), inner.shards.len());
        let Some(orders) = inner.shards.get(shard) else { return Err(InviteError::Shutdown) };
        if orders.send(Command::Dial(Box::new(dial))).is_err() {
            inner.counters.calls.fetch_sub(1, Ordering::Relaxed);
            return Err(InviteError::Shutdown);
        }
        Ok((Call::new(shared, orders.clone()), events))
    }

    fn checked(
        &self,
        invite: Invite,
        shared: Arc<Shared>,
        events: mpsc::Sender<CallEvent>,
    ) -> Result<Dial, InviteError> {
        check_headers(&invite.headers).map_err(|(name, why)| InviteError::Header { name, why })?;
        if let Some(body) = &invite.body {
            check_value(&body.content_type)
                .map_err(|why| InviteError::Header { name: "Content-Type".into(), why })?;
        }
        let target = sip_uri(&invite.target)?;
        let route = match invite.proxy.as_deref().filter(|proxy| !proxy.trim().is_empty()) {
            Some(proxy) if proxy.starts_with("sip:") => Some(sip_uri(proxy)?),
            Some(proxy) => Some(sip_uri(&format!("sip:{proxy}"))?),
            None => None,
        };
        let hop = route.clone().unwrap_or_else(|| target.clone());
        let tcp = hop.parameter("transport").is_some_and(|name| name.eq_ignore_ascii_case("tcp"));
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        let listeners: Vec<u16> = (0..)
            .zip(&self.0.settings.listeners)
            .filter(|(_, known)| *known.profile == *invite.profile && known.transport == transport)
            .map(|(index, _)| index)
            .collect();
        if listeners.is_empty() {
            return Err(InviteError::Profile(invite.profile));
        }
        let route = route.map(|uri| {
            let loose = if uri.parameter("lr").is_some() { "" } else { ";lr" };
            let uri = ringfence_text::encode(&format!("<{uri}{loose}>")).into_owned();
            uri.into_boxed_slice()
        });
        let to = invite.to.unwrap_or_else(|| NameAddr::new(None, target.clone()));
        Ok(Dial {
            shared,
            events,
            listeners,
            hop,
            route,
            from_user: invite.from.uri.raw_user().map(<[u8]>::to_vec),
            from: invite.from.to_bytes(),
            to: to.to_bytes(),
            target,
            headers: invite.headers,
            body: invite.body,
            max_forwards: invite.max_forwards,
        })
    }

    /// Refuses new calls from now on (503 with Retry-After); those that run go on.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
        self.command(|| Command::Drain);
    }

    /// Hangs up all calls, waits for the answers (4 s at most) and ends the threads.
    pub async fn shutdown(&self) {
        self.drain();
        self.command(|| Command::HangupAll);
        let deadline = tokio::time::Instant::now() + FAREWELL;
        while self.statistics().calls > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let left = self.statistics().calls;
        if left > 0 {
            warn!(calls = left, "calls whose far end did not answer our BYE");
        }
        self.command(|| Command::Stop);
        let threads = std::mem::take(&mut *self.0.threads.lock());
        if !threads.is_empty() {
            let joined = tokio::task::spawn_blocking(move || {
                threads.into_iter().filter_map(|thread| thread.join().err()).count()
            });
            if !matches!(joined.await, Ok(0)) {
                warn!("a SIP thread had panicked");
            }
        }
    }

    fn command(&self, command: impl Fn() -> Command) {
        for shard in &self.0.shards {
            // A thread that has ended has nothing to do.
            let _ = shard.send(command());
        }
    }
}

fn sip_uri(text: &str) -> Result<Uri, InviteError> {
    let target = |why: &str| InviteError::Target { uri: text.to_owned(), why: why.to_owned() };
    let uri = Uri::parse(text).map_err(|why| target(&why))?;
    if !uri.is_sip() || uri.host().is_none() {
        return Err(target("only sip: URIs can be called (sips: and tel: not yet)"));
    }
    Ok(uri)
}

fn failed(listen: &Listen, error: io::Error) -> StartError {
    StartError::Listen {
        transport: listen.transport.name(),
        address: listen.address,
        profile: Arc::clone(&listen.profile),
        error,
    }
}

fn bound(listen: &Listen, bound: SocketAddr) -> Listener {
    Listener {
        transport: listen.transport,
        bound,
        advertise: listen.advertise.clone(),
        profile: Arc::clone(&listen.profile),
    }
}

fn open(listen: &Listen, threads: usize, buffer: usize) -> Result<(Listener, Sockets), StartError> {
    let fail = |error| failed(listen, error);
    match listen.transport {
        Transport::Udp => {
            let (sockets, granted) =
                transport::bind(listen.address, threads, buffer).map_err(fail)?;
            let first = sockets.first().ok_or_else(|| StartError::Config("no threads".into()))?;
            let address = first.local_addr().map_err(fail)?;
            info!(%address, asked = buffer, granted, "SIP over UDP; receive buffer in bytes");
            if granted < buffer {
                warn!(
                    asked = buffer,
                    granted,
                    "the UDP receive buffer is smaller than asked for: bursts may be lost; raise \
                     net.core.rmem_max"
                );
            }
            Ok((bound(listen, address), Sockets::Udp(sockets)))
        }
        Transport::Tcp => {
            let socket = transport::listen(listen.address).map_err(fail)?;
            let address = socket.local_addr().map_err(fail)?;
            info!(%address, "SIP over TCP");
            Ok((bound(listen, address), Sockets::Tcp(socket)))
        }
    }
}

/// One thread's share of the sockets.
fn take(sockets: &mut [Sockets]) -> Result<Vec<Sockets>, StartError> {
    sockets
        .iter_mut()
        .map(|sockets| match sockets {
            Sockets::Udp(udp) => Ok(Sockets::Udp(udp.pop().into_iter().collect())),
            // The kernel gives each connection to one of the threads.
            Sockets::Tcp(tcp) => tcp.try_clone().map(Sockets::Tcp).map_err(StartError::Thread),
        })
        .collect()
}

fn assemble(
    config: Config,
    listeners: Vec<Listener>,
    threads: usize,
) -> Result<(Inner, Vec<Parts>, mpsc::Receiver<Invitation>), StartError> {
    if listeners.is_empty() || listeners.len() > usize::from(u16::MAX) {
        return Err(StartError::Config("nothing to listen on: no address is given".to_owned()));
    }
    let agent = check_value(&config.user_agent);
    agent.map_err(|why| StartError::Config(format!("user agent: {why}")))?;
    for name in config.listen.iter().filter_map(|listen| listen.advertise.as_deref()) {
        let bare = name.matches(':').count() > 1 && !name.starts_with('[');
        let uri = if bare { format!("sip:[{name}]") } else { format!("sip:{name}") };
        if let Err(why) = Uri::parse(&uri) {
            let why = format!("advertised address {name:?} is not host or host:port: {why}");
            return Err(StartError::Config(why));
        }
    }
    let (sender, invitations) = mpsc::channel(config.backlog.max(1));
    let settings = Arc::new(Settings { config, listeners });
    let counters = Arc::new(Counters::default());
    let hash = foldhash::fast::FixedState::with_seed(rand::random());
    let (inputs, receivers): (Vec<_>, Vec<_>) =
        (0..threads).map(|_| mpsc::channel::<Input>(transport::INPUTS)).unzip();
    let inputs: Arc<[_]> = inputs.into();
    let mut parts = Vec::new();
    let mut shards = Vec::new();
    for (here, inputs_of) in receivers.into_iter().enumerate() {
        let counters = Arc::clone(&counters);
        let steer = Steer { here, shards: Arc::clone(&inputs), hash: hash.clone(), counters };
        let (orders, commands) = mpsc::unbounded_channel();
        let core = Core::new(
            Arc::clone(&settings),
            Arc::clone(&steer.counters),
            sender.clone(),
            orders.clone(),
            transport::locator(),
        );
        shards.push(orders);
        let shard = Shard {
            core,
            settings: Arc::clone(&settings),
            inputs: inputs_of,
            commands,
            outlets: Vec::new(),
            steer: steer.clone(),
            connections: HashMap::new(),
        };
        parts.push(Parts { shard, steer });
    }
    let draining = AtomicBool::new(false);
    let threads = Mutex::new(Vec::new());
    Ok((Inner { settings, counters, shards, hash, draining, threads }, parts, invitations))
}

/// The life of a SIP thread.
fn serve(mut shard: Shard, steer: &Steer, sockets: Vec<Sockets>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // For names only.
        .max_blocking_threads(8)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "a SIP thread did not start"),
    };
    let result = runtime.block_on(async {
        for (index, sockets) in (0..).zip(sockets) {
            let Some(listener) = shard.settings.listeners.get(usize::from(index)).cloned() else {
                continue;
            };
            let locate = transport::locator();
            match sockets {
                Sockets::Udp(sockets) => {
                    for socket in sockets {
                        let socket = Arc::new(tokio::net::UdpSocket::from_std(socket)?);
                        // tokio learns from its first poll that a socket can be written to; what
                        // is sent before would be dropped. A new one is writable at once.
                        socket.writable().await?;
                        shard.outlets.push(Outlet::Udp(Arc::clone(&socket)));
                        tokio::spawn(transport::hear(
                            socket,
                            index,
                            listener.clone(),
                            transport::locator(),
                            steer.clone(),
                        ));
                    }
                }
                Sockets::Tcp(socket) => {
                    let socket = tokio::net::TcpListener::from_std(socket)?;
                    shard.outlets.push(Outlet::Tcp);
                    let settings = Arc::clone(&shard.settings);
                    let accept =
                        transport::accept(socket, index, listener, settings, locate, steer.clone());
                    tokio::spawn(accept);
                }
            }
        }
        shard.run().await;
        Ok::<(), io::Error>(())
    });
    if let Err(error) = result {
        tracing::error!(%error, "a SIP thread has no sockets");
    }
    // Ends the tasks of sockets and connections, and does not wait for a name that is looked up.
    runtime.shutdown_background();
}
