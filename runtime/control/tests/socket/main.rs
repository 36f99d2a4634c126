//! What no recorded session shows: limits, slow clients, clients that come back, hosts that are down.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod limits;
mod manual;
mod outbound;
mod resume;
#[allow(dead_code, reason = "each test uses its part")]
#[path = "../../../../tests/shared/section.rs"]
mod section;
mod slow;
#[path = "../support/mod.rs"]
mod support;
mod userauth;
