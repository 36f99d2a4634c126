//! What listens to the far end: recording, and waiting for silence.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Core;
use crate::codec::SAMPLES_PER_MS;
use crate::stream::{
    Listen, Record, RecordControl, RecordOptions, RecordingEnd, RecordingEndReason, Sides,
    SilenceOptions,
};
use crate::writer::Recorder;

/// What is looked at at once: 20 ms, the frame that FreeSWITCH counts in.
pub(super) const FRAME: usize = 160;
/// Samples that go to the disk at once: 250 ms.
const CHUNK: usize = 2000;

/// A recording.
pub(super) struct Capture {
    id: u64,
    options: RecordOptions,
    masked: bool,
    recorder: Recorder,
    end: oneshot::Sender<RecordingEnd>,
    meter: Meter,
    chunk: Vec<i16>,
    /// Samples that are recorded, handed over or not.
    recorded: u64,
    /// Silent samples in a row.
    silent: u64,
    paused: bool,
}

/// Somebody who waits for silence.
pub(super) struct Listener {
    options: SilenceOptions,
    end: oneshot::Sender<()>,
    meter: Meter,
    heard: u32,
    silent: u32,
}

/// Counts the frames that have passed since the beginning, so that the length is true to time
/// however irregular the ticks are.
struct Meter {
    begun: Instant,
    frames: u64,
}

impl Meter {
    fn new(now: Instant) -> Self {
        Self { begun: now, frames: 0 }
    }

    /// The frames that are over and were not counted before.
    fn due(&mut self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.begun).as_millis() as u64 * SAMPLES_PER_MS
            / FRAME as u64;
        let due = passed.saturating_sub(self.frames);
        self.frames = passed;
        due
    }
}

impl Capture {
    pub(super) fn new(now: Instant, record: Record, recorder: Recorder) -> Self {
        let Record { id, options, end } = record;
        Self {
            id,
            options,
            masked: false,
            recorder,
            end,
            meter: Meter::new(now),
            chunk: Vec::new(),
            recorded: 0,
            silent: 0,
            paused: false,
        }
    }

    /// Takes a frame of each side; tells when that ends the recording.
    pub(super) fn take(
        &mut self,
        heard: &[i16; FRAME],
        sent: &[i16; FRAME],
    ) -> Option<RecordingEndReason> {
        if self.recorder.failed() {
            return Some(RecordingEndReason::Stopped); // The end says why instead.
        }
        if self.paused {
            return None;
        }
        let limit = self.options.limit.map(samples);
        let left = limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.recorded));
        let taken = usize::try_from(left).unwrap_or(usize::MAX);
        let pairs = heard.iter().zip(sent).take(taken);
        let pairs = pairs.map(|(heard, sent)| if self.masked { (0, 0) } else { (*heard, *sent) });
        match self.options.sides {
            Sides::Heard => self.chunk.extend(pairs.map(|(heard, _)| heard)),
            Sides::Sent => self.chunk.extend(pairs.map(|(_, sent)| sent)),
            Sides::Mixed => {
                self.chunk.extend(pairs.map(|(heard, sent)| heard.saturating_add(sent)))
            }
            Sides::Stereo => {
                for (heard, sent) in pairs {
                    self.chunk.extend([heard, sent]);
                }
            }
        }
        self.recorded += left.min(FRAME as u64);
        if self.chunk.len() >= CHUNK {
            let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK + FRAME));
            self.recorder.write(chunk);
        }
        if left <= FRAME as u64 {
            return Some(RecordingEndReason::Limit);
        }
        let silent = energy(heard) < self.options.silence_threshold;
        self.silent = if silent { self.silent + FRAME as u64 } else { 0 };
        let enough = self.options.silence.map(samples).filter(|enough| *enough > 0)?;
        (self.silent >= enough).then_some(RecordingEndReason::Silence)
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Does what does not end it.
    pub(super) fn change(&mut self, control: RecordControl) {
        match control {
            RecordControl::Pause => self.paused = !self.paused,
            RecordControl::Mask(on) => self.masked = on,
            RecordControl::Restart | RecordControl::Truncate => self.restart(),
            RecordControl::Stop => {}
        }
    }

    /// Completes the file.
    pub(super) fn finish(self, reason: RecordingEndReason) {
        let Self { recorder, chunk, end, .. } = self;
        recorder.finish(chunk, reason, end);
    }

    fn restart(&mut self) {
        self.recorder.restart();
        self.chunk.clear();
        (self.recorded, self.silent) = (0, 0);
    }
}

impl Listener {
    pub(super) fn new(now: Instant, listen: Listen) -> Self {
        let Listen { options, end } = listen;
        Self { options, end, meter: Meter::new(now), heard: 0, silent: 0 }
    }

    /// Takes a frame; true when it is silent for long enough.
    fn take(&mut self, frame: &[i16; FRAME]) -> bool {
        if energy(frame) >= self.options.threshold {
            self.heard = self.heard.saturating_add(1);
            self.silent = 0;
        } else if self.heard >= self.options.listen_hits {
            self.silent = self.silent.saturating_add(1);
        }
        self.silent >= self.options.hits.max(1)
    }
}

impl Core {
    /// Hears what has come since the last time.
    pub(super) fn hear(&mut self, now: Instant) {
        let capturing = self.capture.as_mut().map_or(0, |capture| capture.meter.due(now));
        let recording: Vec<u64> =
            self.sessions.iter_mut().map(|capture| capture.meter.due(now)).collect();
        let longest = recording.iter().copied().max().unwrap_or(0);
        let listening = self.listener.as_mut().map_or(0, |listener| listener.meter.due(now));
        let frames = capturing.max(listening).max(longest);
        if frames > 0 {
            let jitter = self.receiving.loss_and_jitter().map_or(0, |(_, jitter)| jitter);
            for frame in (0..frames).rev() {
                let mut samples = [0; FRAME];
                if let Some(buffer) = &mut self.jitter {
                    buffer.pull(now, jitter, &mut samples);
                }
                // They may have begun at different times: the last frames are everybody's.
                self.capture_frame(&samples, frame < capturing);
                if frame < longest {
                    self.record_frame(&samples, frame, &recording);
                }
                self.listen_frame(&samples, frame < listening);
            }
            let late = self.jitter.as_mut().map_or(0, |buffer| buffer.take_late());
            if late > 0 {
                self.counters.late.fetch_add(late, std::sync::atomic::Ordering::Relaxed);
            }
        }
        if self.listener.as_ref().is_some_and(|listener| listener.end.is_closed()) {
            self.listener = None;
        }
        self.settle_jitter();
    }

    fn capture_frame(&mut self, frame: &[i16; FRAME], due: bool) {
        let capture = self.capture.as_mut().filter(|_| due);
        let ended = capture.and_then(|capture| capture.take(frame, &[0; FRAME]));
        if let Some(reason) = ended {
            self.end_capture(reason);
        }
    }

    fn listen_frame(&mut self, frame: &[i16; FRAME], due: bool) {
        if self.listener.as_mut().filter(|_| due).is_some_and(|listener| listener.take(frame))
            && let Some(listener) = self.listener.take()
        {
            let _ = listener.end.send(()); // Nobody may wait any more.
        }
    }

    pub(super) fn control_capture(&mut self, now: Instant, id: u64, control: RecordControl) {
        if self.sessions.iter().any(|capture| capture.id == id) {
            return self.control_session(now, id, control);
        }
        if self.capture.as_ref().is_none_or(|capture| capture.id != id) {
            return;
        }
        self.hear(now);
        let Some(capture) = self.capture.as_mut() else { return };
        capture.change(control);
        if matches!(control, RecordControl::Truncate | RecordControl::Stop) {
            self.end_capture(RecordingEndReason::Stopped);
        }
    }

    pub(super) fn end_capture(&mut self, reason: RecordingEndReason) {
        if let Some(capture) = self.capture.take() {
            capture.finish(reason);
        }
    }
}

fn samples(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).saturating_mul(SAMPLES_PER_MS)
}

/// The mean amplitude, as FreeSWITCH measures silence.
fn energy(frame: &[i16; FRAME]) -> u32 {
    let sum: u32 = frame.iter().map(|sample| u32::from(sample.unsigned_abs())).sum();
    sum / FRAME as u32
}
