//! Two calls as one: audio and keys of each reach the other, and the end of one ends the bridge.
//!
//! [`Session::bridge`] joins two legs for as long as both are up; whoever awaits it is the bridge. What
//! each leg knows of it is its [`Bond`]: a transfer or a new bridge takes it away, and with it the leg.
//! `joined` ties and parts them, `after` says what becomes of a leg whose partner has gone, `order` lets
//! two calls leave what they do for each other (`uuid_bridge`, `intercept`).

mod after;
mod joined;
pub(crate) mod order;
mod overhear;

use std::sync::{Arc, Weak};

use crate::channel::{Channel, Direction, Shared};
use crate::operation::{Dtmf, Failure};
use crate::session::Session;

pub(crate) use after::{leave, stays};
use joined::Joined;
pub(crate) use overhear::Overheard;
pub use overhear::Overhearing;

/// What a bridged leg knows of its partner.
pub(crate) struct Bond {
    /// Of the bridge; another one has another number.
    id: u64,
    /// Whether this leg made the bridge.
    leads: bool,
    uuid: Arc<str>,
    partner: Weak<Channel>,
}

impl Session {
    /// Joins two calls: audio and keys of each reach the other. Waits until they are parted: by a
    /// hangup of either, a transfer, or another bridge. Dropped, it parts them.
    ///
    /// An unanswered inbound leg is answered when its partner is. When this leg goes, the other one is
    /// hung up (unless it was transferred, or `park_after_bridge` or `transfer_after_bridge` is set on
    /// it); when the other one goes, this one is left to whoever called.
    ///
    /// # Errors
    ///
    /// `Hangup` when this call is over or transferred; `Failed` when the other one is, or when either
    /// is bridged already; `Invalid` when both are the same.
    pub async fn bridge(&self, other: &Self) -> Result<(), Failure> {
        let mut joined = Joined::new(self, other)?;
        loop {
            tokio::select! {
                biased;
                () = self.parted(joined.id()) => break,
                () = other.parted(joined.id()) => break,
                () = answered_for(self, other) => follow(self).await,
                () = answered_for(other, self) => follow(other).await,
            }
            joined.connect();
        }
        Ok(())
    }

    /// True while the call is connected to another one.
    #[must_use]
    pub fn bridged(&self) -> bool {
        self.bond().is_some()
    }

    /// The uuid of the call that this one is bridged with.
    #[must_use]
    pub fn bond(&self) -> Option<Arc<str>> {
        self.0.shared.lock().bond.as_ref().map(|bond| Arc::clone(&bond.uuid))
    }

    /// The call that this one is bridged with.
    #[must_use]
    pub fn partner(&self) -> Option<Self> {
        let bond = self.0.shared.lock().bond.as_ref().map(|bond| Weak::clone(&bond.partner));
        bond.and_then(|partner| partner.upgrade()).map(Self)
    }

    /// True for the leg of a bridge that did not make it.
    pub(crate) fn follows(&self) -> bool {
        self.0.shared.lock().bond.as_ref().is_some_and(|bond| !bond.leads)
    }

    /// Waits until this call is answered; the one that waits for it, if any, may end meanwhile.
    ///
    /// # Errors
    ///
    /// `Hangup` when this call ends unanswered, or the other one ends.
    pub async fn wait_for_answer(&self, waiting: Option<&Self>) -> Result<(), Failure> {
        let answered = self.0.wait_for(|shared| {
            if shared.state.up() {
                shared.answered.then_some(Ok(()))
            } else {
                Some(Err(Failure::Hangup(shared.cause)))
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

    /// Waits until this leg is none of that bridge any more.
    async fn parted(&self, id: u64) {
        self.0.wait_for(|shared| (!shared.state.up() || !bound(shared, id)).then_some(())).await;
    }

    /// Sends a key to the partner, which then is none of this call's own; false without one.
    pub(crate) fn pass_key(&self, key: Dtmf) -> bool {
        let Some(partner) = self.partner() else { return false };
        self.tell_key(key);
        let stream = partner.0.shared.lock().media.stream.clone();
        let key = ringfence_media::Dtmf::with_duration(key.digit, key.duration);
        if let (Some(stream), Some(key)) = (stream, key) {
            stream.send_dtmf(&[key]);
        }
        true
    }
}

fn bound(shared: &Shared, id: u64) -> bool {
    shared.bond.as_ref().is_some_and(|bond| bond.id == id)
}

/// Waits until `partner` is answered while `leg`, which waits for that, is not.
async fn answered_for(leg: &Session, partner: &Session) {
    if leg.direction() == Direction::Inbound && !leg.answered() {
        partner.0.wait_for(|shared| shared.answered.then_some(())).await;
    } else {
        std::future::pending().await
    }
}

/// Answers a leg whose partner was answered. One that cannot be is over then.
async fn follow(leg: &Session) {
    if let Err(failure) = leg.answer().await {
        tracing::debug!(call = %leg.uuid(), %failure, "not answered though its partner is");
    }
}
