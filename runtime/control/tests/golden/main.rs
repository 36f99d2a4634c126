//! Every recorded session of FreeSWITCH's event socket, against ours: tests/corpus/event-socket.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod case;
mod compatibility;
mod deviations;
mod frame;
#[path = "../../../../tests/shared/headers.rs"]
mod headers;
mod inbound;
mod outbound;
#[path = "../../../../tests/shared/section.rs"]
mod section;
#[path = "../support/mod.rs"]
mod support;
