//! The handle of what is being played.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use super::{Control, Stream};
use crate::codec::SAMPLES_PER_MS;

/// How to play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayOptions {
    /// Where to begin, in samples of 1/8000 s.
    pub offset: u64,
}

/// A change to a running playback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackControl {
    /// Pause, or go on. Paused, silence is sent.
    Pause,
    /// Back to the beginning, at normal speed.
    Restart,
    /// Milliseconds from here; negative is back. Before the beginning is the beginning, past the
    /// end is the end.
    SeekBy(i64),
    /// Milliseconds from the beginning.
    SeekTo(u64),
    /// -2 to 2, 0 is normal: each step leaves out (or adds) a quarter of the samples, so 2 is twice
    /// as fast, 1 is 4/3, -1 is 4/5, -2 is 2/3 of it. Values outside are taken as the bound.
    Speed(i32),
    /// -4 to 4, 0 is normal: amplitude times 0.2, 0.4, 0.6, 0.8, 1, 1.3, 2.3, 3.3, 4.3. Values
    /// outside are taken as the bound.
    Volume(i32),
    /// End now.
    Stop,
}

/// Why a playback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackEndReason {
    /// Everything was played.
    Finished,
    /// It was told to.
    Stopped,
    /// Another one began on the same stream.
    Replaced,
    /// The stream was closed.
    Closed,
}

/// How a playback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaybackEnd {
    /// Why.
    pub reason: PlaybackEndReason,
    /// Where in the source it ended, in samples of 1/8000 s.
    pub position: u64,
}

impl PlaybackEnd {
    /// Where in the source it ended, in milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        self.position / SAMPLES_PER_MS
    }
}

/// What the media thread tells the handle while it plays.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) position: AtomicU64,
}

/// Changes one playback, and nothing when that has ended.
#[derive(Clone, Debug)]
pub struct Remote {
    stream: Stream,
    id: u64,
}

impl Remote {
    /// Changes it.
    pub fn control(&self, control: PlaybackControl) {
        self.stream.control(self.id, Control::Playback(control));
    }
}

/// A running playback; dropping it stops it.
#[derive(Debug)]
pub struct Playback {
    stream: Stream,
    id: u64,
    progress: Arc<Progress>,
    ended: oneshot::Receiver<PlaybackEnd>,
    end: Option<PlaybackEnd>,
}

impl Playback {
    pub(super) fn new(
        stream: Stream,
        id: u64,
        progress: Arc<Progress>,
        ended: oneshot::Receiver<PlaybackEnd>,
    ) -> Self {
        Self { stream, id, progress, ended, end: None }
    }

    /// Changes it; nothing happens when it has ended.
    pub fn control(&self, control: PlaybackControl) {
        self.stream.control(self.id, Control::Playback(control));
    }

    /// Something that changes it from elsewhere, while somebody waits for its end.
    #[must_use]
    pub fn remote(&self) -> Remote {
        Remote { stream: self.stream.clone(), id: self.id }
    }

    /// Where in the source it is, in samples of 1/8000 s.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.progress.position.load(Ordering::Relaxed)
    }

    /// Waits for the end. May be dropped and called again; answers the same once it has ended.
    pub async fn finished(&mut self) -> PlaybackEnd {
        if let Some(end) = self.end {
            return end;
        }
        let closed = PlaybackEnd { reason: PlaybackEndReason::Closed, position: self.position() };
        let end = (&mut self.ended).await.unwrap_or(closed);
        self.end = Some(end);
        end
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        if self.end.is_none() {
            self.control(PlaybackControl::Stop);
        }
    }
}
