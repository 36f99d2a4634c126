//! `record`.

use crate::application::playback::Terminators;
use crate::application::{Application, Flags, respond};
use crate::command::split::arguments;
use crate::operation::{Control, Failure, Operation, OperationEvent, Outcome, Record};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "record",
        "<path> [<time_limit_secs>] [<silence_thresh>] [<silence_hits>]",
        "Record File",
        "Records what the far end says into a WAV file (8000 Hz, mono) and waits for its end: after \
         `time_limit_secs`, after `silence_hits` seconds of silence (energy below `silence_thresh`, \
         0 to 32767), or at a key of the variable `playback_terminators` (default `*`). A relative \
         path is taken from `$${recordings_dir}`.\n\nSets `record_ms`, `record_seconds`, \
         `record_samples`, and `playback_terminator_used`.",
        Flags::NONE,
        record,
    )]
}

async fn record(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 4);
    let mut words = words.into_iter();
    let path = words.next().unwrap_or_default();
    let mut number = || words.next().and_then(|word| word.parse::<u32>().ok()).unwrap_or(0);
    let (limit, silence_threshold) = (number(), number().min(32_767));
    let silence_seconds = number();
    let terminators = Terminators::of(&session);
    let _ = session.set_variable("playback_terminator_used", None);
    let operation = Record { path, limit, silence_threshold, silence_seconds, input: true };
    let mut running = session.start(Operation::Record(operation)).await?;
    loop {
        match running.next_event().await {
            OperationEvent::Dtmf(key) if terminators.contain(key.digit) => {
                session.note("playback_terminator_used", key.digit.encode_utf8(&mut [0; 4]));
                running.control(Control::Stop)?;
            }
            OperationEvent::Dtmf(_) | OperationEvent::Message(_) => {}
            OperationEvent::Finished(Outcome::Failed(why)) => {
                respond(&session, "RECORD ERROR");
                return Err(Failure::Failed(why));
            }
            OperationEvent::Finished(_) => return Ok(()),
            OperationEvent::Hangup(cause) => return Err(Failure::Hangup(cause)),
        }
    }
}
