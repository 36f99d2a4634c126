//! The handle of what is being recorded.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Control, Stream};
use crate::codec::SAMPLES_PER_MS;
use crate::folders::Links;

/// Whose sound is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// What the far end says.
    #[default]
    Heard,
    /// What it is sent.
    Sent,
    /// Both, mixed.
    Mixed,
    /// Both: what it says on the left, what it is sent on the right.
    Stereo,
}

impl Sides {
    /// Channels of the file.
    #[must_use]
    pub const fn channels(self) -> u16 {
        match self {
            Self::Stereo => 2,
            Self::Heard | Self::Sent | Self::Mixed => 1,
        }
    }
}

/// What to record, and when to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOptions {
    /// The WAV file; replaced when it exists. Folders that are missing are made, as FreeSWITCH does.
    pub path: PathBuf,
    /// The longest recording; none is no limit (but a WAV file ends at 4 GiB, 74 h).
    pub limit: Option<Duration>,
    /// Mean amplitude (0 to 32767) below which it is silent; 0 does not look.
    pub silence_threshold: u32,
    /// Silence that ends it; none does not look.
    pub silence: Option<Duration>,
    /// Whose sound; other than what is heard only for [`Stream::record_session`].
    pub sides: Sides,
    /// Whether links on the way to the file are followed; not when [`Folders`](crate::Folders) has
    /// resolved it.
    pub links: Links,
}

impl RecordOptions {
    /// Records to `path` until it is told to end.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            limit: None,
            silence_threshold: 0,
            silence: None,
            sides: Sides::Heard,
            links: Links::Follow,
        }
    }
}

/// A change to a running recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordControl {
    /// Pause, or go on. Paused, nothing is written.
    Pause,
    /// Record silence instead of what is said, or what is said again.
    Mask(bool),
    /// Throw away what is recorded and begin again.
    Restart,
    /// Throw away what is recorded and end; an empty WAV file stays.
    Truncate,
    /// End now.
    Stop,
}

/// Why a recording ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingEndReason {
    /// It was told to, or another recording began.
    Stopped,
    /// The limit was reached.
    Limit,
    /// The far end was silent for long enough.
    Silence,
    /// The stream was closed.
    Closed,
    /// It could not go on; the text says why and names the file. What was written before is kept.
    Failed(String),
}

/// How a recording ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingEnd {
    /// Why.
    pub reason: RecordingEndReason,
    /// Samples of 1/8000 s in the file.
    pub samples: u64,
    /// Samples among them that are silence because the disk was too slow to take the sound.
    pub lost: u64,
}

impl RecordingEnd {
    /// The length of the file in milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        self.samples / SAMPLES_PER_MS
    }

    /// Bytes of a file with so many channels.
    #[must_use]
    pub const fn file_size(&self, channels: u16) -> u64 {
        44 + self.samples * 2 * channels as u64
    }

    /// What went wrong, if something did.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.reason {
            RecordingEndReason::Failed(error) => Some(error),
            _ => None,
        }
    }
}

/// A running recording; dropping it ends it and finishes the file.
#[derive(Debug)]
pub struct Recording {
    stream: Stream,
    id: u64,
    ended: oneshot::Receiver<RecordingEnd>,
    end: Option<RecordingEnd>,
}

impl Recording {
    pub(super) fn new(stream: Stream, id: u64, ended: oneshot::Receiver<RecordingEnd>) -> Self {
        Self { stream, id, ended, end: None }
    }

    /// Changes it; nothing happens when it has ended.
    pub fn control(&self, control: RecordControl) {
        self.stream.control(self.id, Control::Recording(control));
    }

    /// Waits until it has ended and its file is complete. May be dropped and called again; answers
    /// the same once it has ended.
    pub async fn finished(&mut self) -> RecordingEnd {
        if let Some(end) = &self.end {
            return end.clone();
        }
        let end = (&mut self.ended).await.unwrap_or(RecordingEnd {
            reason: RecordingEndReason::Closed,
            samples: 0,
            lost: 0,
        });
        self.end.insert(end).clone()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.end.is_none() {
            self.control(RecordControl::Stop);
        }
    }
}
