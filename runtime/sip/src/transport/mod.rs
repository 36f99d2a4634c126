//! The rims: what drives a core.
//!
//! * `shard`: the loop of one SIP thread: inputs, orders, timers in; actions out.
//! * `udp`: datagram sockets; `tcp`: connections; both cut the wire into messages.
//! * `steer`: gives each message to the thread of its Call-ID.
//! * `locate`: the local address that reaches a peer.

mod locate;
mod shard;
mod steer;
mod tcp;
mod udp;

pub(crate) use locate::locator;
pub(crate) use shard::{INPUTS, Input, Outlet, Shard};
pub(crate) use steer::{Steer, shard as shard_of};
pub(crate) use tcp::{Connection, accept, listen};
pub(crate) use udp::{bind, hear, hear_simulated};
