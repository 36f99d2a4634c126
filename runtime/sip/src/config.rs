//! What a stack is started with.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams: lost ones are sent again by the transaction's timers.
    Udp,
    /// A stream, cut into messages by Content-Length.
    Tcp,
}

impl Transport {
    /// As in Via: `UDP`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// As in a URI: `udp`.
    #[must_use]
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }

    /// True when it does not lose messages, so that nothing is sent twice.
    #[must_use]
    pub fn is_reliable(self) -> bool {
        self == Self::Tcp
    }
}

/// An address to listen on.
#[derive(Clone, Debug)]
pub struct Listen {
    /// UDP or TCP.
    pub transport: Transport,
    /// Port 0 takes a free one. With 0.0.0.0 or ::, each message names the local address that
    /// reaches its peer.
    pub address: SocketAddr,
    /// What peers are told to reach us by (Via, Contact): `host` or `host:port`. None tells the
    /// local address.
    pub advertise: Option<String>,
    /// The SIP profile that calls from here belong to.
    pub profile: Arc<str>,
}

impl Listen {
    /// UDP on this address, for the profile `internal`.
    #[must_use]
    pub fn udp(address: SocketAddr) -> Self {
        Self { transport: Transport::Udp, address, advertise: None, profile: Arc::from("internal") }
    }

    /// TCP on this address, for the profile `internal`.
    #[must_use]
    pub fn tcp(address: SocketAddr) -> Self {
        Self { transport: Transport::Tcp, ..Self::udp(address) }
    }
}

/// The timers of RFC 3261 §17 (table 4), all made from three constants.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    /// Round-trip time estimate. 500 ms. A transaction is given up after 64 of it.
    pub t1: Duration,
    /// The longest interval between retransmissions, except of an INVITE. 4 s.
    pub t2: Duration,
    /// How long a message stays in the network. 5 s.
    pub t4: Duration,
    /// After this time without an answer an INVITE gets 100 Trying (RFC 3261 §17.2.1). 200 ms.
    pub trying: Duration,
    /// A ringing call repeats its provisional response this often, so that proxies keep waiting
    /// (RFC 3261 §13.3.1.1). 60 s.
    pub progress: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            trying: Duration::from_millis(200),
            progress: Duration::from_secs(60),
        }
    }
}

impl Timers {
    /// 64·T1, after which a transaction is given up: timers B, F, H, J, L and M.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.t1 * 64
    }

    /// Timer D: at least 32 s, whatever our T1 is, because the peer's counts.
    #[must_use]
    pub fn timer_d(&self) -> Duration {
        self.timeout().max(Duration::from_secs(32))
    }
}

/// What a stack is started with. `Config::default()` listens nowhere.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; at least one.
    pub listen: Vec<Listen>,
    /// SIP threads, 1 to 64. A call stays on the thread that its Call-ID hashes to. Default 2.
    pub threads: usize,
    /// Times of RFC 3261.
    pub timers: Timers,
    /// For User-Agent and Server.
    pub user_agent: String,
    /// Asked for each UDP socket, in bytes; the system may grant less (`net.core.rmem_max`), which
    /// is logged. 4 MB hold the bursts of 3,000 calls/s while a thread is not scheduled.
    pub receive_buffer: usize,
    /// Calls at a time, ringing ones included; the next INVITE is answered 503. Default 20,000.
    pub calls: usize,
    /// Transactions at a time, those that are over but kept for 32 s included, at ~0.6 kB each; the
    /// next INVITE is answered 503. Default 500,000: 3,000 calls/s keep 200,000.
    pub transactions: usize,
    /// Invitations that wait to be taken; the next INVITE is answered 503. Default 2,048.
    pub backlog: usize,
    /// Told in Retry-After of a 503, in seconds. Default 5.
    pub retry_after: u32,
    /// TCP connections at a time; the next one is closed. Default 4,096.
    pub connections: usize,
    /// A TCP connection is closed when it was silent for so long. Default 10 min.
    pub idle: Duration,
    /// The largest message, in bytes; a larger one is answered 513. Default 64 KiB.
    pub message: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            threads: 2,
            timers: Timers::default(),
            user_agent: format!("Ringfence/{}", env!("CARGO_PKG_VERSION")),
            receive_buffer: 4 << 20,
            calls: 20_000,
            transactions: 500_000,
            backlog: 2_048,
            retry_after: 5,
            connections: 4_096,
            idle: Duration::from_secs(600),
            message: 64 << 10,
        }
    }
}
