//! Listening to a stream packet by packet.

use bytes::Bytes;

use crate::codec::Codec;

/// Packets that wait for who hears a stream; more are lost. 2.5 s of sound: a listener that is
/// slower than that hears nothing useful.
pub const MAX_HEARD: usize = 128;

/// The sound of one packet, as it came: in the order of arrival, without the jitter buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// How it is coded.
    pub codec: Codec,
    /// One byte a sample.
    pub payload: Bytes,
}
