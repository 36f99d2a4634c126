//! What the caller hears while the other side rings.

use std::time::Duration;

use crate::operation::{Failure, Operation, Outcome, Play};
use crate::session::Session;
use crate::variable::is_true;

/// As long as a packet of audio.
const PACKET: Duration = Duration::from_millis(20);

/// The sound that the caller wants: `ringback` before its answer, `transfer_ringback` after; none when
/// its phone shall ring by itself.
fn wanted(caller: &Session) -> Option<String> {
    let name = if caller.answered() { "transfer_ringback" } else { "ringback" };
    let sound = caller.own_variable(name).filter(|sound| !sound.is_empty())?;
    // A tone may be written without its scheme.
    let tone = !sound.contains("://") && sound.contains('(');
    Some(if tone { format!("tone_stream://{sound};loops=-1") } else { sound })
}

/// Whether it is heard before anybody rings.
pub(super) fn instant(caller: &Session) -> bool {
    caller.own_variable("instant_ringback").is_some_and(|text| is_true(&text))
}

/// Plays it for as long as this is awaited. Without a sound, or when it cannot be played, waits.
pub(super) async fn play(caller: &Session) {
    if let Some(path) = wanted(caller) {
        loop {
            let play = Play { path: path.clone(), ..Play::default() };
            match caller.perform(Operation::Play(play)).await {
                // A sound without a single packet must not make this a busy loop.
                Ok(Outcome::Done) => tokio::time::sleep(PACKET).await,
                Ok(_) | Err(Failure::Hangup(_)) => break,
                Err(failure) => {
                    tracing::warn!(call = %caller.uuid(), "ringback {path:?}: {failure}");
                    break;
                }
            }
        }
    }
    std::future::pending().await
}
