//! SIP: messages, transactions, dialogs and transports of RFC 3261. Knows no calls of the switch.
//!
//! Read [`Invitation`] and [`Call`] first: an INVITE comes out of the stack as an invitation, whose
//! call is answered, rejected, hung up; what the far end does comes as [`CallEvent`]s. [`Stack`]
//! makes calls the other way.
//!
//! # From INVITE to BYE
//!
//! 1. `transport/udp.rs` (or `tcp.rs`) hears a datagram and gives it to the thread that its Call-ID
//!    hashes to (`transport/shard.rs`).
//! 2. `core/mod.rs` reads it through `wire`, finds its transaction (`core/server.rs`) or makes one,
//!    and hands the INVITE to `core/accept.rs`, which makes the call (`core/leg.rs`, `core/dialog.rs`)
//!    and puts an [`Invitation`] into the channel.
//! 3. `call.rs` carries the switch's `answer` back to that thread; `core/accept.rs` sends the 200,
//!    `core/server.rs` repeats it until `core/acknowledge.rs` hears the ACK.
//! 4. `core/bye.rs` ends it. 32 s later the transaction, by then a key and a response, goes too.
//!
//! # Layout
//!
//! * `wire`: messages. The only module that names the parser.
//! * `core`: the protocol without I/O: `receive(now, …)`, `poll(now)`, and a list of actions.
//! * `transport`: the rims: threads with sockets, or tasks on a network in memory.
//! * `stack`, `call`, `event`, `config`, `statistics`: what the switch sees.
//!
//! # Not here
//!
//! Registration, digest, PRACK, UPDATE, REFER, TLS and WebSocket; SRV and NAPTR records (names are
//! looked up as addresses, port 5060).

mod call;
mod config;
mod core;
mod event;
mod stack;
mod statistics;
mod transport;
pub mod wire;

pub use call::{Body, Call, CallError, Headers, Invite, InviteError, MAX_FORWARDS, Responder};
pub use config::{Config, Listen, Timers, Transport};
pub use event::{CallEvent, Ended, Invitation};
pub use stack::{Bound, Stack, StartError};
pub use statistics::Statistics;
