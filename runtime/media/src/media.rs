//! The root: streams are opened here.

use std::net::IpAddr;
use std::time::Duration;

use ringfence_rim::Network;
use tokio::sync::mpsc;

use crate::config::Config;
use crate::source::Library;
use crate::stream::{Stream, StreamEvent};

/// Events that wait for the reader of one stream; more are dropped with a warning.
pub(crate) const EVENTS: usize = 64;

/// Opens streams, and has the threads that pace them. Clones are the same.
#[derive(Clone)]
pub struct Media {
    library: Library,
}

/// Why the media threads cannot run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The range of ports has no pair of an even and the next port.
    #[error("RTP ports {first} to {last}: no even port followed by an odd one; give at least 2 ports")]
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
        Ok(Self { library: Library::new(&config) })
    }

    /// Media on a network in memory and the clock of the current tokio runtime (which may be
    /// paused); streams are tasks of that runtime and recordings are written in place.
    #[must_use]
    pub fn simulated(config: Config, _network: Network) -> Self {
        Self { library: Library::new(&config) }
    }

    /// Opens a stream at a free port of `ip`, and what it reports. Does not wait.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] when there is no port.
    pub fn open(&self, ip: IpAddr) -> Result<(Stream, mpsc::Receiver<StreamEvent>), OpenError> {
        Err(OpenError::NoPort { ip })
    }

    /// Where sources are opened.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// What all streams together did so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics::default()
    }
}
