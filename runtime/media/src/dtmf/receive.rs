//! Receiving.
pub(crate) struct Receiver;
