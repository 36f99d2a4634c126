//! `uuid_bridge`: two calls leave what they do, and are joined.

use std::time::Duration;

use tokio::sync::oneshot;

use super::leave;
use crate::cause::Cause;
use crate::channel::{ChannelState, Order};
use crate::operation::Failure;
use crate::session::Session;

/// How long the first leg waits for the second to leave what it does, before it goes ahead. A script
/// that does not look whether it should end is joined while it still runs.
const PATIENCE: Duration = Duration::from_secs(2);

impl Session {
    /// Lets both calls leave what they do, whatever that is, and joins them. Does not wait.
    ///
    /// # Errors
    ///
    /// `Hangup` when one of them is over, `Invalid` when both are the same.
    pub fn join(&self, other: &Self) -> Result<(), Failure> {
        if self == other {
            return Err(Failure::Invalid("a call cannot be bridged with itself".into()));
        }
        if !self.up() {
            return Err(Failure::Hangup(self.hangup_cause()));
        }
        let (release, released) = oneshot::channel();
        other.redirect(Order::Bridge(Part::Follow { partner: self.clone(), released }))?;
        self.redirect(Order::Bridge(Part::Lead { partner: other.clone(), release }))
    }

    /// Leaves what the call does for something else, as a transfer does.
    pub(crate) fn redirect(&self, order: Order) -> Result<(), Failure> {
        {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            shared.transferring = true;
            shared.plan = Some(order);
            shared.bond = None;
        }
        self.0.notify();
        Ok(())
    }
}

/// What a leg does in a bridge that somebody else wants.
pub(crate) enum Part {
    /// Makes it. What is dropped then lets the other one go, also when this one never comes to it.
    Lead { partner: Session, release: oneshot::Sender<()> },
    /// Waits for it, and for its end; or to be let go.
    Follow { partner: Session, released: oneshot::Receiver<()> },
}

impl Part {
    /// Runs it to its end. The leg is over or transferred then.
    pub(crate) async fn play(self, leg: &Session) {
        let states = [ChannelState::Hibernate, ChannelState::Reset, ChannelState::SoftExecute];
        if !states.into_iter().all(|state| leg.0.enter(state)) {
            return;
        }
        match self {
            Self::Lead { partner, release } => {
                lead(leg, &partner).await;
                drop(release);
            }
            Self::Follow { partner, released } => follow(leg, &partner, released).await,
        }
        if leg.over().is_none() {
            leave(leg, Cause::NORMAL_CLEARING);
        }
    }
}

async fn lead(leg: &Session, partner: &Session) {
    let settled =
        partner.0.wait_for(|shared| (!shared.transferring || !shared.state.up()).then_some(()));
    tokio::select! {
        biased;
        _ = leg.interrupted() => return,
        _ = tokio::time::timeout(PATIENCE, settled) => {}
    }
    report(leg, partner);
    if let Err(failure) = leg.bridge(partner).await {
        tracing::info!(call = %leg.uuid(), partner = %partner.uuid(), "not bridged: {failure}");
    }
}

async fn follow(leg: &Session, partner: &Session, released: oneshot::Receiver<()>) {
    report(leg, partner);
    let joined =
        leg.0.wait_for(|shared| (shared.interrupted() || shared.bond.is_some()).then_some(()));
    tokio::select! {
        biased;
        () = joined => {}
        // An error says the same: the sender was dropped.
        _ = released => {}
    }
    leg.0.wait_for(|shared| (shared.interrupted() || shared.bond.is_none()).then_some(())).await;
}

fn report(leg: &Session, partner: &Session) {
    leg.0.report_application(true, "uuid_bridge", partner.uuid(), ("", None));
}
