//! What the outside gives a server: a clock and a network.
//!
//! Protocol and call logic never ask the operating system for the time or for a socket; they are
//! given both. In production these are the real ones. In `ringfence run` and in tests the clock is
//! tokio's paused one and the network is in memory: the same code, on another rim.
//!
//! * [`Clock`]: the wall clock that follows tokio's clock.
//! * [`Network`]: datagram sockets in memory. (Real sockets are opened by the transports themselves,
//!   which want their options and their batching.)

mod clock;
mod network;

pub use clock::Clock;
pub use network::{Network, Socket};
