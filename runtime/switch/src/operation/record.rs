//! Recording what the far end says: `recordFile`, `record`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ringfence_media::{
    Links, Outside, RecordControl, RecordOptions, RecordingEnd, RecordingEndReason,
};

use super::{Control, Failure, Outcome, Record};
use crate::authority;
use crate::event::EventName;
use crate::session::Session;

/// A recording that is being made.
pub(super) struct Recording {
    path: String,
    file: PathBuf,
    inner: ringfence_media::Recording,
}

/// Begins to record.
pub(super) async fn start(session: &Session, record: Record) -> Result<Recording, Failure> {
    if record.path.is_empty() {
        return Err(Failure::Invalid("no file to record into is named".into()));
    }
    if record.silence_threshold > 32_767 {
        return Err(Failure::Invalid(format!(
            "silence threshold {}: at most 32767",
            record.silence_threshold
        )));
    }
    let stream = session.stream().await?;
    let seconds = |value: u32| (value > 0).then(|| Duration::from_secs(u64::from(value)));
    let (file, links) = place(session, &record.path).await?;
    let options = RecordOptions {
        limit: seconds(record.limit),
        silence_threshold: record.silence_threshold,
        silence: seconds(record.silence_seconds).filter(|_| record.silence_threshold > 0),
        links,
        ..RecordOptions::new(file.clone())
    };
    let inner = stream.record(options);
    session.0.fire(EventName::RecordStart, |event| {
        event.set("Record-File-Path", record.path.as_str());
    });
    Ok(Recording { path: record.path, file, inner })
}

/// Where it is recorded to. A relative path is taken from `$${recordings_dir}`, when there is one.
pub(crate) async fn place(session: &Session, path: &str) -> Result<(PathBuf, Links), Failure> {
    let given = Path::new(path);
    let file = match session.switch().variables().text("recordings_dir") {
        Some(directory) if given.is_relative() => Path::new(&directory).join(given),
        _ => given.to_owned(),
    };
    let Some(folders) = authority::recordable() else { return Ok((file, Links::Follow)) };
    match folders.place(&file).await {
        Ok(file) => Ok((file, Links::Refuse)),
        Err(Outside) => Err(authority::refuse_record(&file.to_string_lossy())),
    }
}

impl Recording {
    pub(super) async fn finished(&mut self, session: &Session) -> Outcome {
        let end = self.inner.finished().await;
        // What was recorded is often played at once, and the file may have been played before.
        session.switch().media().library().forget(&self.file);
        self.note_end(session, &end);
        match end.reason {
            RecordingEndReason::Limit | RecordingEndReason::Silence => Outcome::Done,
            RecordingEndReason::Stopped | RecordingEndReason::Closed => Outcome::Stopped,
            RecordingEndReason::Failed(why) => {
                tracing::error!(call = %session.uuid(), "{why}");
                Outcome::Failed(why)
            }
        }
    }

    fn note_end(&self, session: &Session, end: &RecordingEnd) {
        session.note("record_seconds", &(end.samples / 8000).to_string());
        session.note("record_ms", &end.milliseconds().to_string());
        session.note("record_samples", &end.samples.to_string());
        session.note("record_file_size", &end.file_size(1).to_string());
        session.0.fire(EventName::RecordStop, |event| {
            event.set("Record-File-Path", self.path.as_str());
        });
    }

    pub(super) fn control(&mut self, control: Control) -> Result<(), Failure> {
        self.inner.control(match control {
            Control::Pause => RecordControl::Pause,
            Control::Restart => RecordControl::Restart,
            Control::Truncate => RecordControl::Truncate,
            Control::Stop => RecordControl::Stop,
            Control::SeekBy(_) | Control::SeekTo(_) | Control::Speed(_) | Control::Volume(_) => {
                return Err(Failure::Failed(
                    "a recording can be paused, restarted, truncated or stopped".into(),
                ));
            }
        });
        Ok(())
    }
}
