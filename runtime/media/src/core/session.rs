//! Recordings of the whole call: what is heard and what is sent, beside everything else.

use tokio::time::Instant;

use super::Core;
use super::listen::{Capture, FRAME};
use crate::codec::Codec;
use crate::stream::{
    MAX_SESSION_RECORDINGS, Record, RecordControl, RecordingEnd, RecordingEndReason,
};

/// Samples that were sent and wait to be recorded: 100 ms. What is sent and what is heard are taken
/// by the same clock; more than this is a clock that was put.
const MAX_WAITING: usize = 5 * FRAME;

impl Core {
    pub(super) fn begin_capture(&self, now: Instant, record: Record) -> Capture {
        let options = &record.options;
        let channels = options.sides.channels();
        let recorder = self.settings.writer.open(options.path.clone(), options.links, channels);
        Capture::new(now, record, recorder)
    }

    pub(super) fn begin_session(&mut self, now: Instant, record: Record) {
        if self.sessions.len() >= MAX_SESSION_RECORDINGS {
            let path = record.options.path.display();
            let why = format!(
                "recording {path}: a call is recorded {MAX_SESSION_RECORDINGS} times already"
            );
            let reason = RecordingEndReason::Failed(why);
            // Nobody may wait for it any more.
            let _ = record.end.send(RecordingEnd { reason, samples: 0, lost: 0 });
            return;
        }
        // Those that record already take what came until now; the new one begins after it.
        self.hear(now);
        let capture = self.begin_capture(now, record);
        self.sessions.push(capture);
    }

    /// Remembers what is sent while somebody records it.
    pub(super) fn note_sent(&mut self, codec: Codec, payload: &[u8]) {
        if self.sessions.is_empty() {
            return;
        }
        self.sent.extend(payload.iter().map(|byte| codec.decode(*byte)));
        let over = self.sent.len().saturating_sub(MAX_WAITING);
        self.sent.drain(..over);
    }

    /// Records a frame of both sides. `frame` counts down to 0; `due` says for each recording how
    /// many frames it is behind.
    pub(super) fn record_frame(&mut self, heard: &[i16; FRAME], frame: u64, due: &[u64]) {
        let mut sent = [0; FRAME];
        let waiting = self.sent.len().min(FRAME);
        for (sample, said) in sent.iter_mut().zip(self.sent.drain(..waiting)) {
            *sample = said;
        }
        let mut ended = Vec::new();
        for (capture, due) in self.sessions.iter_mut().zip(due) {
            if frame < *due
                && let Some(reason) = capture.take(heard, &sent)
            {
                ended.push((capture.id(), reason));
            }
        }
        for (id, reason) in ended {
            self.end_session(id, reason);
        }
    }

    pub(super) fn control_session(&mut self, now: Instant, id: u64, control: RecordControl) {
        self.hear(now);
        match control {
            RecordControl::Stop => self.end_session(id, RecordingEndReason::Stopped),
            RecordControl::Truncate => {
                self.change_session(id, RecordControl::Restart);
                self.end_session(id, RecordingEndReason::Stopped);
            }
            control => self.change_session(id, control),
        }
        self.settle_jitter();
    }

    fn change_session(&mut self, id: u64, control: RecordControl) {
        if let Some(capture) = self.sessions.iter_mut().find(|capture| capture.id() == id) {
            capture.change(control);
        }
    }

    fn end_session(&mut self, id: u64, reason: RecordingEndReason) {
        if let Some(at) = self.sessions.iter().position(|capture| capture.id() == id) {
            self.sessions.remove(at).finish(reason);
        }
        if self.sessions.is_empty() {
            self.sent = std::collections::VecDeque::new();
        }
    }

    pub(super) fn end_sessions(&mut self, reason: RecordingEndReason) {
        for capture in std::mem::take(&mut self.sessions) {
            capture.finish(reason.clone());
        }
    }
}
