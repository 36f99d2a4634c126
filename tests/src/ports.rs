//! Free ports on loopback.

use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that the kernel hands out, and below the RTP ports of conf/.
const FIRST: u16 = 10_000;
const LAST: u16 = 16_000;
/// A peer takes its neighbours too: SIP over TLS, control, RTP.
const BLOCK: u16 = 10;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// The first of ten ports in a row that nobody uses now. Blocks that were handed out do not come
/// again in this process; another process starts elsewhere in the range.
pub fn free() -> u16 {
    let blocks = (LAST - FIRST) / BLOCK;
    let start = (std::process::id() % u32::from(blocks)) as u16;
    for _ in 0..blocks {
        let block = (start + NEXT.fetch_add(1, Ordering::Relaxed)) % blocks;
        let port = FIRST + block * BLOCK;
        if (port..port + BLOCK).all(unused) {
            return port;
        }
    }
    panic!("no free port from {FIRST} to {LAST}");
}

fn unused(port: u16) -> bool {
    UdpSocket::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok()
}
