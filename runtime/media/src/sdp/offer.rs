//! Offers.
use std::net::SocketAddr;
use super::{Capabilities, Direction};
pub(super) fn write(_: &Capabilities, _: SocketAddr, _: Direction) -> String { String::new() }
