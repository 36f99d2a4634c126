//! Playing a sound over what a call hears: `displace_session`, `uuid_displace`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::authority;
use crate::operation::{self, Failure, Operation, Outcome, Play};
use crate::session::Session;

/// Sounds that are played over one call; more are refused.
pub const MAX_DISPLACED: usize = 8;

/// What is played again may be a file without sound: it must not spin.
const PAUSE: Duration = Duration::from_millis(20);

/// A sound that is played over a call; dropped, it ends.
pub(crate) struct Displaced {
    /// Tells it from a later one of the same sound.
    id: u64,
    path: String,
    _stop: oneshot::Sender<()>,
}

/// Counts them.
static DISPLACED: AtomicU64 = AtomicU64::new(0);

impl Session {
    /// Plays a sound to the far end instead of what it would hear, beside what the call does: of whom it is
    /// bridged with, say. Ends with the sound (`again`: never), after `limit` seconds (0: no limit), or
    /// with the call. Does not wait.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` when that sound is played over it already, or
    /// [`MAX_DISPLACED`] are.
    pub fn displace(&self, path: &str, again: bool, limit: u32) -> Result<(), Failure> {
        let (stop, stopped) = oneshot::channel();
        let mut shared = self.0.shared.lock();
        if !shared.state.up() {
            return Err(Failure::Hangup(shared.cause));
        }
        if shared.displaced.iter().any(|displaced| displaced.path == path) {
            return Err(Failure::Failed(format!("{path:?} is played over the call already")));
        }
        if shared.displaced.len() >= MAX_DISPLACED {
            let text = format!("{MAX_DISPLACED} sounds are played over the call already");
            return Err(Failure::Failed(text));
        }
        let id = DISPLACED.fetch_add(1, Ordering::Relaxed);
        shared.displaced.push(Displaced { id, path: path.to_owned(), _stop: stop });
        let (session, path) = (self.clone(), path.to_owned());
        let authority = authority::current();
        shared.watched.push(Box::pin(async move {
            let playing = authority::with(authority, play(&session, &path, again, limit));
            let run = async {
                tokio::select! {
                    biased;
                    // The sender was dropped.
                    _ = stopped => {}
                    played = playing => if let Err(failure) = played {
                        tracing::warn!(call = %session.uuid(), "{path} over the call: {failure}");
                    },
                }
            };
            operation::beside(&session, run).await;
            session.0.shared.lock().displaced.retain(|displaced| displaced.id != id);
        }));
        drop(shared);
        self.0.notify();
        Ok(())
    }

    /// Ends a sound that is played over the call; false when it is not.
    pub fn stop_displacing(&self, path: &str) -> bool {
        let displaced = &mut self.0.shared.lock().displaced;
        let before = displaced.len();
        displaced.retain(|displaced| displaced.path != path);
        displaced.len() < before
    }
}

async fn play(session: &Session, path: &str, again: bool, limit: u32) -> Result<(), Failure> {
    let over = async {
        match limit {
            0 => std::future::pending().await,
            seconds => tokio::time::sleep(Duration::from_secs(u64::from(seconds))).await,
        }
    };
    let played = async {
        loop {
            let play = Play { path: path.to_owned(), ..Play::default() };
            match session.perform(Operation::Play(play)).await {
                Ok(Outcome::Failed(why)) => return Err(Failure::Failed(why)),
                Ok(Outcome::Done) if again => tokio::time::sleep(PAUSE).await,
                Ok(_) | Err(Failure::Hangup(_)) => return Ok(()),
                Err(failure) => return Err(failure),
            }
        }
    };
    tokio::select! {
        biased;
        played = played => played,
        () = over => Ok(()),
    }
}
