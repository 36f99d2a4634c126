//! `SESSION_HEARTBEAT`: that a call lives, every so many seconds.

use std::time::Duration;

use crate::event::EventName;
use crate::session::Session;

impl Session {
    /// Tells `SESSION_HEARTBEAT` every so many seconds until the call ends; 0 does not any more.
    pub fn beat(&self, seconds: u32) {
        let number = {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return;
            }
            shared.heartbeat = shared.heartbeat.wrapping_add(1);
            let number = shared.heartbeat;
            if seconds > 0 {
                shared.watched.push(Box::pin(beat(self.clone(), seconds, number)));
            }
            number
        };
        tracing::debug!(call = %self.uuid(), seconds, number, "heartbeat");
        self.0.notify();
    }
}

/// Beats until the call is over, or another one began.
async fn beat(session: Session, seconds: u32, number: u32) {
    let over = session
        .0
        .wait_for(|shared| (!shared.state.up() || shared.heartbeat != number).then_some(()));
    tokio::pin!(over);
    loop {
        tokio::select! {
            biased;
            () = &mut over => return,
            () = tokio::time::sleep(Duration::from_secs(u64::from(seconds))) => {}
        }
        session.0.fire(EventName::SessionHeartbeat, |_| {});
    }
}
