//! The root: streams are opened here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_rim::{Network, Socket};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::config::Config;
use crate::core::{Core, Settings};
use crate::pace::{self, Histogram, Ports, Totals};
use crate::rtcp::Epoch;
use crate::simulated;
use crate::source::Library;
use crate::stream::{Counters, Link, Stream, StreamEvent};
use crate::writer::Writer;

/// Events that wait for the reader of one stream; more are dropped with a warning.
pub(crate) const EVENTS: usize = 64;
/// Streams that a thread gets before the next thread gets any: a third of what it can pace.
const COMFORTABLE: u64 = 800;

/// Opens streams, and has the threads that pace them. Clones are the same; with the last one the
/// threads end, and all streams with them.
#[derive(Clone)]
pub struct Media(Arc<Inner>);

struct Inner {
    library: Library,
    settings: Arc<Settings>,
    ports: Ports,
    next_id: AtomicU64,
    rim: Rim,
}

enum Rim {
    Threads(Vec<pace::Handle>),
    Simulated { network: Network, runtime: tokio::runtime::Handle, totals: Arc<Totals> },
}

/// Why the media threads cannot run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The range of ports has no pair of an even and the next port.
    #[error(
        "RTP ports {first} to {last}: no even port followed by an odd one; give at least 2 ports"
    )]
    Ports {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
    },
    /// The operating system refused something.
    #[error("cannot start media thread: {0}")]
    System(#[from] std::io::Error),
}

/// Why a stream cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// All ports of the range are in use.
    #[error("no free RTP port at {ip}; widen the range of ports")]
    NoPort {
        /// The address that was asked for.
        ip: IpAddr,
    },
    /// The operating system refused the address.
    #[error("cannot open RTP socket at {ip}: {error}")]
    System {
        /// The address that was asked for.
        ip: IpAddr,
        /// What it said.
        error: std::io::Error,
    },
    /// The media thread does not keep up.
    #[error("media thread overloaded")]
    Overloaded,
}

/// What all streams together did since the start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Streams that are open.
    pub streams: u64,
    /// Streams among them that send or record at this moment.
    pub active: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// RTP packets received, of whatever use.
    pub received: u64,
    /// How late packets left, half of them at most. To 1/16 of the value.
    pub lateness_p50: Duration,
    /// How late packets left, 99 % of them at most.
    pub lateness_p99: Duration,
    /// The latest packet.
    pub lateness_max: Duration,
    /// Times a thread was so late that it gave up catching up (more than 3 packets).
    pub slips: u64,
    /// CPU time of the media threads.
    pub cpu: Duration,
}

impl Media {
    /// Starts the media threads.
    ///
    /// # Errors
    ///
    /// A [`StartError`] when the configuration or the operating system does not allow it.
    pub fn start(config: Config) -> Result<Self, StartError> {
        let ports = Ports::new(&config.ports)?;
        let writer = Writer::thread()?;
        let threads = (0..config.threads.max(1))
            .map(|number| pace::spawn(number, config.realtime))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(&config, ports, writer, SystemTime::now(), Rim::Threads(threads)))
    }

    /// Media on a network in memory and the clock of the current tokio runtime (which may be
    /// paused); streams are tasks of that runtime and recordings are written in place.
    ///
    /// # Errors
    ///
    /// [`StartError::Ports`] when the range of ports is empty.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn simulated(config: Config, network: Network) -> Result<Self, StartError> {
        let ports = Ports::new(&config.ports)?;
        let runtime = tokio::runtime::Handle::current();
        let rim = Rim::Simulated { network, runtime, totals: Arc::default() };
        Ok(Self::new(&config, ports, Writer::in_place(), UNIX_EPOCH, rim))
    }

    fn new(config: &Config, ports: Ports, writer: Writer, time: SystemTime, rim: Rim) -> Self {
        let settings = Settings {
            timeout: config.timeout.map(sane),
            keepalive: config.keepalive.map(sane),
            rtcp_interval: sane(config.rtcp_interval),
            jitter: config.jitter.clone(),
            writer,
            epoch: Epoch::new(Instant::now(), time),
        };
        Self(Arc::new(Inner {
            library: Library::new(config),
            settings: Arc::new(settings),
            ports,
            next_id: AtomicU64::new(0),
            rim,
        }))
    }

    /// Opens a stream at a free port of `ip`, and what it reports. Does not wait.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] when there is no port.
    pub fn open(&self, ip: IpAddr) -> Result<(Stream, mpsc::Receiver<StreamEvent>), OpenError> {
        let counters = Arc::new(Counters::default());
        let (events, receiver) = mpsc::channel(EVENTS);
        let settings = Arc::clone(&self.0.settings);
        let core = Core::new(settings, Arc::clone(&counters), events, Instant::now());
        let (link, local) = match &self.0.rim {
            Rim::Threads(threads) => self.open_socket(threads, ip, core)?,
            Rim::Simulated { network, runtime, totals } => {
                let (rtp, rtcp) = self.open_pair(network, ip)?;
                let local = rtp.local_addr();
                (simulated::open(runtime, core, rtp, rtcp, Arc::clone(totals)), local)
            }
        };
        Ok((Stream::new(link, local, counters), receiver))
    }

    fn open_socket(
        &self,
        threads: &[pace::Handle],
        ip: IpAddr,
        core: Core,
    ) -> Result<(Box<dyn Link>, SocketAddr), OpenError> {
        let socket = self.0.ports.bind(ip)?;
        let local = socket.local_addr().map_err(|error| OpenError::System { ip, error })?;
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        // One after the other is filled: a thread costs about the same however few streams it has.
        let load = |thread: &&pace::Handle| thread.totals().streams.load(Ordering::Relaxed);
        let roomy = threads.iter().find(|thread| load(thread) < COMFORTABLE);
        let thread = roomy.or_else(|| threads.iter().min_by_key(load));
        let link = thread.and_then(|thread| thread.open(id, core, socket));
        Ok((link.ok_or(OpenError::Overloaded)?, local))
    }

    fn open_pair(&self, network: &Network, ip: IpAddr) -> Result<(Socket, Socket), OpenError> {
        self.0
            .ports
            .candidates()
            .find_map(|port| {
                let rtp = network.bind(SocketAddr::new(ip, port)).ok()?;
                let rtcp = network.bind(SocketAddr::new(ip, port + 1)).ok()?;
                Some((rtp, rtcp))
            })
            .ok_or(OpenError::NoPort { ip })
    }

    /// Where sources are opened.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.0.library
    }

    /// What all streams together did so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let all: Vec<&Totals> = match &self.0.rim {
            Rim::Threads(threads) => threads.iter().map(pace::Handle::totals).collect(),
            Rim::Simulated { totals, .. } => vec![totals],
        };
        let sum = |counter: fn(&Totals) -> &AtomicU64| -> u64 {
            all.iter().map(|totals| counter(totals).load(Ordering::Relaxed)).sum()
        };
        let lateness = || all.iter().map(|totals| &totals.lateness);
        let quantile = |share| Duration::from_micros(Histogram::quantile(lateness(), share));
        Statistics {
            streams: sum(|totals| &totals.streams),
            active: sum(|totals| &totals.active),
            sent: sum(|totals| &totals.sent),
            received: sum(|totals| &totals.received),
            lateness_p50: quantile(0.5),
            lateness_p99: quantile(0.99),
            lateness_max: Duration::from_micros(lateness().map(Histogram::max).max().unwrap_or(0)),
            slips: sum(|totals| &totals.slips),
            cpu: Duration::from_nanos(sum(|totals| &totals.cpu)),
        }
    }
}

/// An interval that neither spins nor overflows: 100 ms to a year.
fn sane(interval: Duration) -> Duration {
    interval.clamp(Duration::from_millis(100), Duration::from_secs(365 * 86_400))
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Rim::Threads(threads) = &self.rim {
            threads.iter().for_each(pace::Handle::stop);
        }
    }
}

#[cfg(test)]
mod tests;
