//! Sending.
pub(crate) struct Sender;
