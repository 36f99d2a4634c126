//! Recordings on disk: what a media thread must not wait for.
//!
//! In production one thread writes all recordings. In a simulation they are written in place, so
//! that no real time passes while the paused clock stands still.

mod wav;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::folders::Links;
use crate::stream::{RecordingEnd, RecordingEndReason};
pub(crate) use wav::Wav;

/// Chunks of one recording that wait for the disk; a chunk is 250 ms, so this is 4 s. What comes
/// while it is full is replaced by silence (`RecordingEnd::lost`).
const MAX_WAITING: usize = 16;

/// Where recordings are written; clones are the same.
#[derive(Clone)]
pub(crate) struct Writer(Way);

#[derive(Clone)]
enum Way {
    /// Not bounded by itself: each recording has at most `MAX_WAITING` chunks and three other jobs
    /// in it.
    Thread(crossbeam_channel::Sender<(u64, Job)>),
    InPlace(Arc<Mutex<Files>>),
}

enum Job {
    Open {
        path: PathBuf,
        links: Links,
        channels: u16,
        state: Arc<State>,
    },
    /// Silence, then samples.
    Write {
        gap: u64,
        samples: Vec<i16>,
    },
    Restart,
    Finish {
        gap: u64,
        reason: RecordingEndReason,
        lost: u64,
        end: oneshot::Sender<RecordingEnd>,
    },
}

/// What the writer tells the recording.
#[derive(Debug, Default)]
struct State {
    waiting: AtomicUsize,
    failed: AtomicBool,
}

impl Writer {
    /// Starts the thread; it ends when the last clone and the last recording are gone.
    pub(crate) fn thread() -> std::io::Result<Self> {
        let (sender, jobs) = crossbeam_channel::unbounded();
        std::thread::Builder::new().name("media-writer".into()).spawn(move || {
            let mut files = Files::default();
            for (id, job) in jobs {
                files.work(id, job);
            }
        })?;
        Ok(Self(Way::Thread(sender)))
    }

    /// Writes at once, in the caller's thread.
    pub(crate) fn in_place() -> Self {
        Self(Way::InPlace(Arc::default()))
    }

    /// Begins a file. Faults are told by [`Recorder::failed`] and by the end.
    pub(crate) fn open(&self, path: PathBuf, links: Links, channels: u16) -> Recorder {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State::default());
        self.send(id, Job::Open { path, links, channels, state: Arc::clone(&state) });
        Recorder { writer: self.clone(), id, state, lost: 0, gap: 0 }
    }

    fn send(&self, id: u64, job: Job) {
        match &self.0 {
            // The thread lives as long as this sender.
            Way::Thread(jobs) => drop(jobs.send((id, job))),
            Way::InPlace(files) => files.lock().work(id, job),
        }
    }
}

/// One file being written, seen from the media thread. No method waits.
pub(crate) struct Recorder {
    writer: Writer,
    id: u64,
    state: Arc<State>,
    lost: u64,
    /// Samples that could not be handed over and are written as silence before the next ones.
    gap: u64,
}

impl Recorder {
    /// Whether the file cannot be written any more; the end says why.
    pub(crate) fn failed(&self) -> bool {
        self.state.failed.load(Ordering::Relaxed)
    }

    /// Appends samples.
    pub(crate) fn write(&mut self, samples: Vec<i16>) {
        if self.state.waiting.load(Ordering::Relaxed) >= MAX_WAITING {
            self.lost += samples.len() as u64;
            self.gap += samples.len() as u64;
            return;
        }
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        let gap = std::mem::take(&mut self.gap);
        self.writer.send(self.id, Job::Write { gap, samples });
    }

    /// Throws away what is written.
    pub(crate) fn restart(&mut self) {
        (self.lost, self.gap) = (0, 0);
        self.writer.send(self.id, Job::Restart);
    }

    /// Completes the file and answers `end`.
    pub(crate) fn finish(
        mut self,
        last: Vec<i16>,
        reason: RecordingEndReason,
        end: oneshot::Sender<RecordingEnd>,
    ) {
        self.write(last);
        let (lost, gap) = (self.lost, self.gap);
        self.writer.send(self.id, Job::Finish { gap, reason, lost, end });
    }
}

/// The open files.
#[derive(Default)]
struct Files(HashMap<u64, Open>);

struct Open {
    state: Arc<State>,
    path: PathBuf,
    file: Result<Wav, String>,
}

impl Files {
    fn work(&mut self, id: u64, job: Job) {
        match job {
            Job::Open { path, links, channels, state } => {
                let file = Wav::create(&path, links, channels);
                if file.is_err() {
                    state.failed.store(true, Ordering::Relaxed);
                }
                self.0.insert(id, Open { state, path, file });
            }
            Job::Write { gap, samples } => {
                if let Some(open) = self.0.get_mut(&id) {
                    open.state.waiting.fetch_sub(1, Ordering::Relaxed);
                    open.attempt(|wav| wav.silence(gap).and_then(|()| wav.write(&samples)));
                }
            }
            Job::Restart => {
                if let Some(open) = self.0.get_mut(&id) {
                    open.attempt(Wav::restart);
                }
            }
            Job::Finish { gap, reason, lost, end } => {
                let Some(mut open) = self.0.remove(&id) else { return };
                open.attempt(|wav| wav.silence(gap));
                // Nobody may be interested any more; the file is complete all the same.
                let _ = end.send(open.finish(reason, lost));
            }
        }
    }
}

impl Open {
    fn attempt(&mut self, work: impl FnOnce(&mut Wav) -> Result<(), String>) {
        if self.state.failed.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(wav) = &mut self.file
            && let Err(reason) = work(wav)
        {
            self.fail(reason);
        }
    }

    fn fail(&mut self, reason: String) {
        // Whoever records reports it, with the call it is about.
        tracing::debug!(path = %self.path.display(), "recording failed: {reason}");
        self.state.failed.store(true, Ordering::Relaxed);
        if let Ok(wav) = &mut self.file {
            wav.fault = Some(reason);
        }
    }

    fn finish(mut self, reason: RecordingEndReason, lost: u64) -> RecordingEnd {
        let path = self.path.display().to_string();
        let failed = |why: &str| RecordingEndReason::Failed(format!("recording {path}: {why}"));
        match &mut self.file {
            Err(why) => RecordingEnd { reason: failed(why), samples: 0, lost: 0 },
            Ok(wav) => {
                let samples = wav.samples();
                let closed = wav.finish();
                let reason = match (wav.fault.take(), closed) {
                    (Some(why), _) | (None, Err(why)) => failed(&why),
                    (None, Ok(())) => reason,
                };
                RecordingEnd { reason, samples, lost }
            }
        }
    }
}

#[cfg(test)]
mod tests;
