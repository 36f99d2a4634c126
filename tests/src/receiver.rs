//! Takes RTP and remembers when each packet came.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::caller::sdp;

/// When a packet came (since the start), and its RTP timestamp.
type Streams = HashMap<SocketAddr, Vec<(Duration, u32)>>;

/// Several sockets with a thread each, so that none of them is late itself.
pub struct Receiver {
    start: Instant,
    threads: Vec<JoinHandle<Streams>>,
    stop: Arc<AtomicBool>,
    /// The ports of the sockets on 127.0.0.1.
    pub ports: Vec<u16>,
}

impl Receiver {
    /// Listens from now on.
    pub fn start(sockets: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let start = Instant::now();
        let mut ports = Vec::new();
        let threads = (0..sockets)
            .map(|_| {
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
                ports.push(socket.local_addr().expect("bound").port());
                socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a time");
                let stop = Arc::clone(&stop);
                std::thread::spawn(move || receive(&socket, start, &stop))
            })
            .collect();
        Self { start, threads, stop, ports }
    }

    /// The offer of a phone that listens on the socket of this number, counted around.
    pub fn offer(&self, number: usize) -> String {
        let port = self.ports[number % self.ports.len()];
        sdp(([127, 0, 0, 1], port).into(), "0", "")
    }

    /// The time on the receiver's clock, to tell one part of the measurement from another.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Stops, and hands over what came.
    pub fn stop(self) -> Arrivals {
        self.stop.store(true, Ordering::Relaxed);
        let threads = self.threads.into_iter();
        Arrivals(threads.map(|thread| thread.join().expect("a receiver")).collect())
    }
}

/// All packets that came.
pub struct Arrivals(Vec<Streams>);

impl Arrivals {
    /// How late the packets of a part of the measurement were, in ascending order: later than the
    /// most punctual packet of their stream, each compared with its own RTP timestamp.
    pub fn lateness(&self, from: Duration, to: Duration) -> Lateness {
        let mut late = Vec::new();
        for stream in self.0.iter().flat_map(HashMap::values) {
            let part: Vec<(i128, u32)> = stream
                .iter()
                .filter(|(arrival, _)| (from..to).contains(arrival))
                .map(|(arrival, timestamp)| (arrival.as_nanos() as i128, *timestamp))
                .collect();
            let Some((_, first)) = part.first() else { continue };
            let offsets = part.iter().map(|(arrival, timestamp)| {
                arrival - i128::from(timestamp.wrapping_sub(*first)) * 125_000
            });
            let punctual = offsets.clone().min().unwrap_or_default();
            late.extend(offsets.map(|offset| Duration::from_nanos((offset - punctual) as u64)));
        }
        late.sort_unstable();
        Lateness(late)
    }
}

/// How late packets were, the most punctual first.
pub struct Lateness(Vec<Duration>);

impl Lateness {
    /// How many packets there were.
    pub fn packets(&self) -> usize {
        self.0.len()
    }

    /// What this share of the packets, in thousandths, did not exceed. Zero when none came.
    pub fn at(&self, thousandths: usize) -> Duration {
        let index = self.0.len() * thousandths / 1000;
        self.0.get(index.min(self.0.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

fn receive(socket: &UdpSocket, start: Instant, stop: &AtomicBool) -> Streams {
    let mut streams = Streams::new();
    let mut buffer = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, source)) = socket.recv_from(&mut buffer) else { continue };
        let now = start.elapsed();
        // Sound only: an RTCP report has no timestamp of the stream here.
        if length >= 12 && buffer[1] & 0x7f == 0 {
            let timestamp = u32::from_be_bytes([buffer[4], buffer[5], buffer[6], buffer[7]]);
            streams.entry(source).or_default().push((now, timestamp));
        }
    }
    streams
}
