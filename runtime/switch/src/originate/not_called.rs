//! Why a leg was not called at all.

use crate::cause::Cause;

/// A leg that was not called: what `originate` answers, and what the log says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}: {why}")]
pub struct NotCalled {
    /// What `originate` answers.
    pub cause: Cause,
    /// What is wrong, in words; empty when that was asked for (`error/USER_BUSY`).
    pub why: String,
}

impl NotCalled {
    /// The cause with its reason.
    pub(crate) fn new(cause: Cause, why: impl Into<String>) -> Self {
        Self { cause, why: why.into() }
    }
}
