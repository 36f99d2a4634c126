//! Takes RTP and remembers when each packet came.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// When a packet came (ns since the start), and its RTP timestamp.
type Arrivals = HashMap<SocketAddr, Vec<(u64, u32)>>;

/// Several sockets with a thread each, so that none of them is late itself.
pub(crate) struct Receiver {
    threads: Vec<JoinHandle<Arrivals>>,
    stop: Arc<AtomicBool>,
    /// The ports of the sockets.
    pub(crate) ports: Vec<u16>,
}

impl Receiver {
    pub(crate) fn start(sockets: usize) -> Self {
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
        Self { threads, stop, ports }
    }

    /// Stops, and tells how late the packets were, in microseconds, in ascending order: later than
    /// the most punctual packet of their stream, each compared with its own RTP timestamp.
    pub(crate) fn lateness(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let mut late = Vec::new();
        for thread in self.threads {
            for stream in thread.join().expect("a receiver").values() {
                let first = stream[0].1;
                let offsets = stream.iter().map(|(arrival, timestamp)| {
                    let due = u64::from(timestamp.wrapping_sub(first)) * 125_000;
                    i128::from(*arrival) - i128::from(due)
                });
                let punctual = offsets.clone().min().expect("a packet");
                late.extend(offsets.map(|offset| ((offset - punctual) / 1000) as u64));
            }
        }
        late.sort_unstable();
        late
    }
}

fn receive(socket: &UdpSocket, start: Instant, stop: &AtomicBool) -> Arrivals {
    let mut arrivals = Arrivals::new();
    let mut buffer = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, source)) = socket.recv_from(&mut buffer) else { continue };
        let now = start.elapsed().as_nanos() as u64;
        // Sound only: an RTCP report has no timestamp of the stream here.
        if length >= 12 && buffer[1] & 0x7f == 0 {
            let timestamp = u32::from_be_bytes([buffer[4], buffer[5], buffer[6], buffer[7]]);
            arrivals.entry(source).or_default().push((now, timestamp));
        }
    }
    arrivals
}
