//! Whole calls on tokio's paused clock: a switch, its SIP stack and its media on a network in memory,
//! against a peer that is written by hand.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod authority;
mod chat;
mod golden_dialplan;
mod golden_hangup;
mod inbound;
mod lookup;
mod modules;
mod operations;
mod outbound;
mod races;
mod rig;
mod server;
mod speech;
#[path = "../support/mod.rs"]
mod support;
mod values;
