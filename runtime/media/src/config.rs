//! What an operator can set.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of a [`Media`](crate::Media). Intervals below 100 ms are taken as that, above a year as a
/// year.
#[derive(Clone, Debug)]
pub struct Config {
    /// Media threads; one paces about 2,500 streams, the next gets some when it has 800. Default: 1 on
    /// two cores or less, else 2.
    pub threads: usize,
    /// UDP ports for RTP (even) and RTCP (the next odd one). Default 16384 to 32768, as FreeSWITCH.
    pub ports: RangeInclusive<u16>,
    /// Nothing received for so long while the far end may send: [`StreamEvent::Timeout`]
    /// (`rtp-timeout-sec`). Default: none, it is not looked at.
    ///
    /// [`StreamEvent::Timeout`]: crate::StreamEvent::Timeout
    pub timeout: Option<Duration>,
    /// An idle stream sends a packet of silence so often, which keeps a NAT open. Default: none; an
    /// idle stream sends nothing.
    pub keepalive: Option<Duration>,
    /// Between RTCP reports while RTP flows. Default 5 s (RFC 3550 §6.2).
    pub rtcp_interval: Duration,
    /// Bounds of the jitter buffer's delay in milliseconds. Default 20 to 200.
    pub jitter: RangeInclusive<u16>,
    /// Where sound files with a relative name are looked for, in this order (`$${sounds_dir}`).
    pub sounds: Vec<PathBuf>,
    /// Bytes of encoded sound that are kept for the next caller. Default 64 MiB (2 h of prompts).
    pub cache: usize,
    /// Whether media threads ask for `SCHED_RR`; refused without CAP_SYS_NICE, which is logged once.
    pub realtime: bool,
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads: if cores <= 2 { 1 } else { 2 },
            ports: 16384..=32768,
            timeout: None,
            keepalive: None,
            rtcp_interval: Duration::from_secs(5),
            jitter: 20..=200,
            sounds: Vec::new(),
            cache: 64 << 20,
            realtime: true,
        }
    }
}
