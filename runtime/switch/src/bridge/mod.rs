//! Two calls as one: audio and keys of each reach the other, and the end of one ends the bridge.
//!
//! [`Session::bridge`] joins two legs for as long as both are up.

use std::sync::Arc;

use crate::operation::Failure;
use crate::session::Session;

impl Session {
    /// Joins two calls: audio and keys of each reach the other. Waits until they are parted: by a
    /// hangup of either, a transfer, or another bridge. Dropped, it parts them.
    ///
    /// # Errors
    ///
    /// `Hangup` when this call is over, `Failed` when the other one is, when a leg is given twice, or
    /// has no media.
    pub async fn bridge(&self, _other: &Self) -> Result<(), Failure> {
        Err(Failure::Failed("calls cannot be bridged yet".into()))
    }

    /// True while the call is connected to another one.
    #[must_use]
    pub fn bridged(&self) -> bool {
        self.bond().is_some()
    }

    /// The uuid of the call that this one is bridged with.
    #[must_use]
    pub fn bond(&self) -> Option<Arc<str>> {
        None
    }

    /// Waits until this call is answered; the one that waits for it, if any, may end meanwhile.
    ///
    /// # Errors
    ///
    /// `Hangup` when this call ends unanswered, or the other one ends.
    pub async fn wait_for_answer(&self, waiting: Option<&Self>) -> Result<(), Failure> {
        let answered = self.0.wait_for(|shared| {
            if !shared.state.up() {
                Some(Err(Failure::Hangup(shared.cause)))
            } else {
                shared.answered.then_some(Ok(()))
            }
        });
        let Some(waiting) = waiting else { return answered.await };
        tokio::select! {
            biased;
            _ = waiting.interrupted() => {
                Err(waiting.over().unwrap_or_else(|| Failure::Hangup(waiting.hangup_cause())))
            }
            result = answered => result,
        }
    }
}
