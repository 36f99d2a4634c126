//! `loop_playback`, `endless_playback`, `broadcast`, `break`.

use std::time::Duration;

use crate::application::{Application, Flags};
use crate::operation::{Failure, Operation, Outcome, Play};
use crate::session::Session;

/// What is played again may be a file without sound: it must not spin.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "endless_playback",
            "<path>",
            "Playback File Endlessly",
            "Plays a sound again and again, until the call ends, is transferred, or it is broken off.",
            Flags::NONE,
            async |session: Session, path: String| again(&session, path.trim(), None).await,
        ),
        Application::new(
            "loop_playback",
            "[+loops] <path>",
            "Playback File looply",
            "Plays a sound so many times; without a number, or with `+-1`, until it is broken off.",
            Flags::NONE,
            async |session: Session, data: String| {
                let data = data.trim();
                let counted = data.strip_prefix('+').and_then(|rest| rest.split_once(' '));
                let Some((times, path)) = counted else {
                    return again(&session, data, None).await;
                };
                let wrong =
                    |_| Failure::Invalid(format!("loop_playback: {times:?} is no number of times"));
                let times = times.parse::<i32>().map_err(wrong)?;
                // A negative one is for ever.
                again(&session, path.trim(), u32::try_from(times).ok()).await
            },
        ),
        Application::new(
            "broadcast",
            "<path> <leg>",
            "Broadcast File",
            "Plays a sound, or runs `application::data`, beside what the call does, and goes on at once: \
             for this call (`aleg`), the one that it is bridged with (`bleg`), or `both`.",
            Flags::NONE,
            broadcast,
        ),
        Application::new(
            "break",
            "",
            "Break",
            "Ends what is played, recorded or waited for on this call; for use beside it.",
            Flags::NOMEDIA,
            async |session: Session, _: String| {
                session.break_operation(false);
                Ok(())
            },
        ),
    ]
}

async fn again(session: &Session, path: &str, times: Option<u32>) -> Result<(), Failure> {
    let mut played = 0;
    while times.is_none_or(|times| played < times) {
        let play = Play { path: path.to_owned(), ..Play::default() };
        match session.perform(Operation::Play(play)).await? {
            Outcome::Failed(why) => return Err(Failure::Failed(why)),
            Outcome::Stopped => break,
            Outcome::Done | Outcome::Digits(_) => tokio::time::sleep(PAUSE).await,
        }
        played += 1;
    }
    Ok(())
}

async fn broadcast(session: Session, data: String) -> Result<(), Failure> {
    let (path, leg) = data.trim().rsplit_once(' ').unwrap_or((data.trim(), "aleg"));
    let (application, data) = path.split_once("::").unwrap_or(("playback", path));
    let partner = || session.partner();
    let legs: Vec<Session> = match leg {
        "bleg" => partner().into_iter().collect(),
        "both" => std::iter::once(session.clone()).chain(partner()).collect(),
        _ => vec![session.clone()],
    };
    legs.iter().try_for_each(|leg| leg.broadcast(application.to_owned(), data.to_owned()))
}
