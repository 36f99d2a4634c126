//! `record_session`, `stop_record_session`, `record_session_mask`, `record_session_unmask`.

use crate::application::{Application, Flags};
use crate::command::split::arguments;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "record_session",
            "<path> [+<timeout>]",
            "Record Session",
            "Records this call into a WAV file (8000 Hz) and goes on at once: what is heard and what is \
             sent, mixed; with `RECORD_STEREO=true` on two channels, with `RECORD_READ_ONLY=true` only \
             what is heard, with `RECORD_WRITE_ONLY=true` only what is sent. Ends after `timeout` \
             seconds, with the call, or when it is told to. A relative path is taken from \
             `$${recordings_dir}`; folders that are missing are made. At most 8 at a time.\n\nSets \
             `record_ms`, `record_seconds`, `record_samples` and `record_completion_cause` at the end.",
            Flags::NONE,
            async |session: Session, data: String| {
                let words = arguments(&data, 2);
                let path = words.first().map_or("", String::as_str);
                let limit = words.get(1).map_or("", |word| word.trim_start_matches('+'));
                session.record_session(path, limit.parse().unwrap_or(0)).await
            },
        ),
        Application::new(
            "stop_record_session",
            "<path>",
            "Stop Record Session",
            "Ends the recording into that file, or with `all` each one, and waits until the file is \
             complete.",
            Flags::ANY,
            async |session: Session, path: String| match session.stop_recording(&path).await {
                true => Ok(()),
                false => Err(nothing(&path)),
            },
        ),
        Application::new(
            "record_session_mask",
            "<path>",
            "Mask audio in recording",
            "Records silence from now on instead of what is said.",
            Flags::NOMEDIA,
            async |session: Session, path: String| mask(&session, &path, true).await,
        ),
        Application::new(
            "record_session_unmask",
            "<path>",
            "Resume recording",
            "Records what is said again.",
            Flags::NOMEDIA,
            async |session: Session, path: String| mask(&session, &path, false).await,
        ),
    ]
}

async fn mask(session: &Session, path: &str, on: bool) -> Result<(), Failure> {
    match session.mask_recording(path, on).await {
        true => Ok(()),
        false => Err(nothing(path)),
    }
}

fn nothing(path: &str) -> Failure {
    Failure::NotFound(format!("nothing records this call to {path:?}"))
}
