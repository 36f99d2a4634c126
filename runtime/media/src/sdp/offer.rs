//! Offers.
use super::{Capabilities, Direction};
use std::net::SocketAddr;
pub(super) fn write(_: &Capabilities, _: SocketAddr, _: Direction) -> String {
    String::new()
}
