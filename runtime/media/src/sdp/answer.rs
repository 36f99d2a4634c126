//! Answers.
use super::{Agreement, Capabilities, Refusal};
use std::net::SocketAddr;
pub(super) fn answer(
    _: &[u8],
    _: &Capabilities,
    _: SocketAddr,
) -> Result<(String, Agreement), Refusal> {
    Err(Refusal::NoAudio(String::new()))
}
pub(super) fn accept(_: &[u8], _: &Capabilities) -> Result<Agreement, Refusal> {
    Err(Refusal::NoAudio(String::new()))
}
