//! The end of the server: no new calls, time for the running ones, BYE for the rest.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Switch;
use crate::cause::Cause;
use crate::event::EventName;

/// How long hung-up calls may take to be gone before the sockets are closed: scripts that clean up,
/// BYEs that are answered.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What the command `shutdown` asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Waits for running calls, within the operator's limit.
    Graceful,
    /// Hangs up running calls at once.
    Now,
}

impl Switch {
    /// Asks whoever waits for [`Self::shutdown_asked`] to end the server. New calls are refused
    /// from now on.
    pub fn ask_for_shutdown(&self, how: Shutdown) {
        self.0.closing.store(true, Ordering::Relaxed);
        *self.0.asked.lock() = Some(how);
        self.0.events.fire(EventName::ShutdownRequested, |_| {});
        self.0.idle.notify_waiters();
    }

    /// True once the server is asked to end.
    #[must_use]
    pub fn closing(&self) -> bool {
        self.0.closing.load(Ordering::Relaxed)
    }

    /// Waits until the command `shutdown` was given.
    pub async fn shutdown_asked(&self) -> Shutdown {
        loop {
            let told = self.0.idle.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if let Some(how) = *self.0.asked.lock() {
                return how;
            }
            told.await;
        }
    }

    /// Ends the server: refuses new calls with 503, waits up to `limit` for the running ones, hangs
    /// up the rest with `SYSTEM_SHUTDOWN`, and closes the SIP stack.
    ///
    /// Called a second time while the first waits, with a shorter limit, it hangs up that much
    /// sooner.
    pub async fn shutdown(&self, limit: Duration) {
        self.0.closing.store(true, Ordering::Relaxed);
        self.0.events.fire(EventName::Shutdown, |_| {});
        let running = self.0.sessions.read().len();
        tracing::info!(running, seconds = limit.as_secs(), "shutting down, waiting for calls");
        if tokio::time::timeout(limit, self.idle()).await.is_err() {
            let rest = self.hangup_all(Cause::SYSTEM_SHUTDOWN, |_| true);
            tracing::info!(rest, "hung up the calls that were left");
            if tokio::time::timeout(LAST_WORDS, self.idle()).await.is_err() {
                let stuck = self.0.sessions.read().len();
                tracing::warn!(stuck, "calls whose scripts do not end are left behind");
            }
        }
        if let Some(stack) = &self.0.sip {
            stack.shutdown().await;
        }
    }

    /// Waits until there are no sessions.
    pub async fn idle(&self) {
        loop {
            let told = self.0.idle.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if self.0.sessions.read().is_empty() {
                return;
            }
            told.await;
        }
    }
}
