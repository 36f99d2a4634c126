//! `playback`.

use crate::application::{Application, Flags, respond};
use crate::operation::{Control, Failure, Operation, OperationEvent, Outcome, Play};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "playback",
        "<path>",
        "Playback File",
        "Plays a sound file, `tone_stream://…` or `silence_stream://ms` and waits for its end. \
         `path@@8000` begins at sample 8000.\n\nA key of the variable `playback_terminators` (default \
         `*`; `none`, `any`) ends it and is stored in `playback_terminator_used`; other keys are \
         taken and forgotten. Sets `playback_ms`, `playback_seconds`, `playback_samples`, and \
         `current_application_response` to `FILE PLAYED`, `FILE NOT FOUND` or `PLAYBACK ERROR`. A \
         file that cannot be played is a warning in the log; the dialplan goes on.",
        Flags::NONE,
        playback,
    )]
}

async fn playback(session: Session, data: String) -> Result<(), Failure> {
    let (path, offset) = match data.rsplit_once("@@") {
        Some((path, offset)) if offset.bytes().all(|byte| byte.is_ascii_digit()) => {
            (path.to_owned(), offset.parse().unwrap_or(0))
        }
        _ => (data, 0),
    };
    let terminators = Terminators::of(&session);
    let _ = session.set_variable("playback_terminator_used", None);
    let started = session.start(Operation::Play(Play { path, offset, input: true })).await;
    let mut running = match started {
        Ok(running) => running,
        Err(failure) => {
            respond(
                &session,
                match failure {
                    Failure::NotFound(_) => "FILE NOT FOUND",
                    _ => "PLAYBACK ERROR",
                },
            );
            return Err(failure);
        }
    };
    loop {
        match running.next_event().await {
            OperationEvent::Dtmf(key) if terminators.contain(key.digit) => {
                session.note("playback_terminator_used", key.digit.encode_utf8(&mut [0; 4]));
                respond(&session, "FILE PLAYED");
                return running.control(Control::Stop);
            }
            OperationEvent::Dtmf(_) | OperationEvent::Message(_) => {}
            OperationEvent::Finished(Outcome::Failed(why)) => {
                respond(&session, "PLAYBACK ERROR");
                return Err(Failure::Failed(why));
            }
            OperationEvent::Finished(_) => {
                respond(&session, "FILE PLAYED");
                return Ok(());
            }
            OperationEvent::Hangup(cause) => {
                respond(&session, "PLAYBACK ERROR");
                return Err(Failure::Hangup(cause));
            }
        }
    }
}

/// The keys that end a playback or recording.
pub(super) struct Terminators(Option<String>);

impl Terminators {
    /// The variable `playback_terminators`; `*` when it is not set.
    pub(super) fn of(session: &Session) -> Self {
        match session.variable("playback_terminators") {
            None => Self(Some("*".to_owned())),
            Some(keys) if keys.eq_ignore_ascii_case("none") => Self(Some(String::new())),
            Some(keys) if keys.eq_ignore_ascii_case("any") => Self(None),
            Some(keys) => Self(Some(keys)),
        }
    }

    pub(super) fn contain(&self, digit: char) -> bool {
        self.0.as_ref().is_none_or(|keys| keys.contains(digit))
    }
}
