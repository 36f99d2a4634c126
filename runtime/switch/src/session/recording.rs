//! Recordings of the whole call, beside what it does: `record_session`, `uuid_record`.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt as _;
use ringfence_media::{
    RecordControl, RecordOptions, Recording, RecordingEnd, RecordingEndReason, Sides,
};
use tokio::sync::{mpsc, oneshot};

use crate::event::EventName;
use crate::operation::{Failure, place};
use crate::session::Session;
use crate::variable::is_true;

/// Changes to one recording that wait; more are refused. Who sends them waits for none.
const MAX_CHANGES: usize = 8;

/// A recording that runs, as the channel keeps it.
pub(crate) struct Running {
    path: String,
    changes: mpsc::Sender<Change>,
}

enum Change {
    Mask(bool),
    /// Answered when the end has been told.
    Stop(oneshot::Sender<()>),
}

/// What FreeSWITCH calls the listener of a recording.
const FUNCTION: &str = "session_record";

impl Session {
    /// Records this call until it ends or is told not to: what is heard and what is sent, mixed. The
    /// variables `RECORD_STEREO`, `RECORD_READ_ONLY` and `RECORD_WRITE_ONLY` choose otherwise. `limit`
    /// in seconds, 0 is none. What records to that file already is success.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` without media; `Refused` when the script that asks
    /// may not record there. What goes wrong with the file later is logged.
    pub async fn record_session(&self, path: &str, limit: u32) -> Result<(), Failure> {
        if path.is_empty() {
            return Err(Failure::Invalid("no file to record into is named".into()));
        }
        if self.0.shared.lock().recordings.iter().any(|running| running.path == path) {
            return Ok(());
        }
        let stream = self.stream().await?;
        let (file, links) = place(self, path).await?;
        let truth = |name: &str| self.variable(name).is_some_and(|value| is_true(&value));
        let sides = if truth("RECORD_READ_ONLY") {
            Sides::Heard
        } else if truth("RECORD_WRITE_ONLY") {
            Sides::Sent
        } else if truth("RECORD_STEREO") {
            Sides::Stereo
        } else {
            Sides::Mixed
        };
        let limit = (limit > 0).then(|| Duration::from_secs(u64::from(limit)));
        let options = RecordOptions { limit, sides, links, ..RecordOptions::new(file.clone()) };
        let recording = stream.record_session(options);
        let (changes, asked) = mpsc::channel(MAX_CHANGES);
        {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            shared.recordings.push(Running { path: path.to_owned(), changes });
            let watched =
                watch(self.clone(), (path.to_owned(), file, sides.channels()), recording, asked);
            shared.watched.push(Box::pin(watched));
        }
        self.0.fire(EventName::RecordStart, |event| {
            event.set("Record-File-Path", path);
        });
        self.0.report_bug(EventName::MediaBugStart, FUNCTION, path);
        self.0.notify();
        Ok(())
    }

    /// Ends a recording, or with `all` each, and waits for the file to be complete; false when there
    /// is none.
    pub async fn stop_recording(&self, path: &str) -> bool {
        let mut ended = Vec::new();
        for changes in self.recordings_of(path) {
            let (told, wait) = oneshot::channel();
            if changes.send(Change::Stop(told)).await.is_ok() {
                ended.push(wait);
            }
        }
        for wait in &mut ended {
            // An error says the same: it had ended already.
            let _ = wait.await;
        }
        !ended.is_empty()
    }

    /// Records silence instead of what is said, or what is said again; false when nothing records to
    /// that file.
    pub async fn mask_recording(&self, path: &str, on: bool) -> bool {
        let mut changed = false;
        for changes in self.recordings_of(path) {
            changed |= changes.send(Change::Mask(on)).await.is_ok();
        }
        changed
    }

    /// The files that this call is recorded to.
    #[must_use]
    pub fn recordings(&self) -> Vec<String> {
        let shared = self.0.shared.lock();
        shared.recordings.iter().map(|running| running.path.clone()).collect()
    }

    fn recordings_of(&self, path: &str) -> Vec<mpsc::Sender<Change>> {
        let shared = self.0.shared.lock();
        let chosen =
            shared.recordings.iter().filter(|running| path == "all" || running.path == path);
        chosen.map(|running| running.changes.clone()).collect()
    }
}

/// Looks after a recording to its end. Run by the channel's task, which does not end before.
async fn watch(
    session: Session,
    (path, file, channels): (String, PathBuf, u16),
    mut recording: Recording,
    mut changes: mpsc::Receiver<Change>,
) {
    let mut told = Vec::new();
    // The recording keeps the stream, which would keep the recording.
    let over = session.0.wait_for(|shared| (!shared.state.up()).then_some(()));
    let mut over = std::pin::pin!(over.fuse());
    let end = loop {
        tokio::select! {
            biased;
            end = recording.finished() => break end,
            () = &mut over => recording.control(RecordControl::Stop),
            Some(change) = changes.recv() => match change {
                Change::Mask(on) => recording.control(RecordControl::Mask(on)),
                Change::Stop(who) => {
                    told.push(who);
                    recording.control(RecordControl::Stop);
                }
            },
        }
    };
    // What was recorded is often played at once, and the file may have been played before.
    session.switch().media().library().forget(&file);
    session.0.shared.lock().recordings.retain(|running| running.path != path);
    report(&session, &path, channels, &end);
    for who in told {
        // Whoever asked may be gone.
        let _ = who.send(());
    }
}

fn report(session: &Session, path: &str, channels: u16, end: &RecordingEnd) {
    session.note("record_seconds", &(end.samples / 8000).to_string());
    session.note("record_ms", &end.milliseconds().to_string());
    session.note("record_samples", &end.samples.to_string());
    session.note("record_file_size", &end.file_size(channels).to_string());
    let cause = match &end.reason {
        // FreeSWITCH's word also for what was stopped.
        RecordingEndReason::Limit | RecordingEndReason::Stopped | RecordingEndReason::Closed => {
            "success-maxtime"
        }
        RecordingEndReason::Silence => "success-silence",
        RecordingEndReason::Failed(why) => {
            tracing::error!(call = %session.uuid(), "{why}");
            "error"
        }
    };
    session.note("record_completion_cause", cause);
    session.0.fire(EventName::RecordStop, |event| {
        event.set("Record-File-Path", path).set("Record-Completion-Cause", cause);
    });
    session.0.report_bug(EventName::MediaBugStop, FUNCTION, path);
}
