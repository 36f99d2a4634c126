//! The jitter buffer: packets in as they come, samples out as time passes.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;

use crate::codec::{Codec, RATE, SAMPLES_PER_MS};

/// Packets that are held at most; more push out the oldest.
const MAX_PACKETS: usize = 64;
/// Sound that is held at most, in samples (1 s); more means that the sender's clock jumped.
const MAX_SAMPLES: u64 = RATE as u64;
/// The delay aims at so many times the measured jitter.
const JITTER_TIMES: u64 = 3;
/// Sound above the aim that is tolerated before some is left out, in samples (60 ms).
const SLACK: u64 = 480;
/// The buffer must be above the aim all this time before some is left out.
const PATIENCE: Duration = Duration::from_secs(1);
/// Late packets in a row that mean the sender went back in time.
const LATE_ROW: u32 = 10;

/// Bounded and adaptive; see [`pull`](Self::pull) for what is lost when.
#[derive(Debug)]
pub(crate) struct Jitter {
    bounds: RangeInclusive<u64>,
    packets: VecDeque<Packet>,
    spare: Vec<Vec<u8>>,
    /// The highest timestamp so far without wraps; far from zero, so that it cannot go below.
    last: Option<u64>,
    /// Where playing is; none while it waits for enough sound.
    playing: Option<u64>,
    /// When the first packet came that waits.
    since: Option<Instant>,
    /// Since when there is more than needed.
    full: Option<Instant>,
    late_row: u32,
    late: u64,
}

#[derive(Debug)]
struct Packet {
    start: u64,
    payload: Vec<u8>,
    codec: Codec,
}

impl Packet {
    fn end(&self) -> u64 {
        self.start + self.payload.len() as u64
    }
}

impl Jitter {
    /// `bounds` of the delay in milliseconds.
    pub(crate) fn new(bounds: &RangeInclusive<u16>) -> Self {
        let samples = |ms: u16| u64::from(ms) * SAMPLES_PER_MS;
        let low = samples(*bounds.start());
        Self {
            bounds: low..=samples(*bounds.end()).max(low),
            packets: VecDeque::new(),
            spare: Vec::new(),
            last: None,
            playing: None,
            since: None,
            full: None,
            late_row: 0,
            late: 0,
        }
    }

    /// Packets that came too late or twice, since last asked.
    pub(crate) fn take_late(&mut self) -> u64 {
        std::mem::take(&mut self.late)
    }

    /// Forgets everything: the sender began anew.
    pub(crate) fn reset(&mut self) {
        while let Some(packet) = self.packets.pop_front() {
            self.recycle(packet);
        }
        (self.last, self.playing, self.since, self.full, self.late_row) =
            (None, None, None, None, 0);
    }

    /// Takes a packet.
    pub(crate) fn push(&mut self, now: Instant, timestamp: u32, codec: Codec, payload: &[u8]) {
        if payload.is_empty() || payload.len() as u64 > MAX_SAMPLES {
            return;
        }
        let mut start = self.extend(timestamp);
        if let Some(playing) = self.playing {
            let end = start + payload.len() as u64;
            if end <= playing {
                self.late += 1;
                self.late_row += 1;
                if self.late_row < LATE_ROW {
                    return;
                }
                self.reset();
                start = self.extend(timestamp);
            } else if start > playing + MAX_SAMPLES {
                self.reset();
                start = self.extend(timestamp);
            }
        }
        self.late_row = 0;
        let place = self.packets.partition_point(|packet| packet.start < start);
        if self.packets.get(place).is_some_and(|packet| packet.start == start) {
            self.late += 1; // A duplicate.
            return;
        }
        if self.packets.len() == MAX_PACKETS
            && let Some(oldest) = self.packets.pop_front()
        {
            self.recycle(oldest);
            self.late += 1;
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.extend_from_slice(payload);
        let place = place.min(self.packets.len());
        self.packets.insert(place, Packet { start, payload: bytes, codec });
        self.last = self.last.max(Some(start));
        if self.playing.is_none() {
            self.since.get_or_insert(now);
        }
    }

    /// The next samples. What was lost, came too late or is not there yet is silence; an empty
    /// buffer waits for its delay again. False when none of it is sound.
    pub(crate) fn pull(&mut self, now: Instant, jitter: u32, out: &mut [i16]) -> bool {
        let aim = self.aim(jitter);
        out.fill(0);
        if self.packets.is_empty() {
            // Ran dry: what comes next begins after the delay again.
            (self.playing, self.since) = (None, None);
            return false;
        }
        let Some(position) = self.playing.or_else(|| self.begin(now, aim)) else { return false };
        let end = position + out.len() as u64;
        let mut heard = false;
        while let Some(packet) = self.packets.front().filter(|packet| packet.start < end) {
            let from = packet.start.max(position);
            let sound = packet.payload.iter().skip((from - packet.start) as usize);
            for (sample, byte) in out.iter_mut().skip((from - position) as usize).zip(sound) {
                *sample = packet.codec.decode(*byte);
                heard = true;
            }
            if packet.end() > end {
                break;
            }
            if let Some(done) = self.packets.pop_front() {
                self.recycle(done);
            }
        }
        self.playing = Some(end);
        self.adapt(now, end, aim);
        heard
    }

    fn aim(&self, jitter: u32) -> u64 {
        (u64::from(jitter) * JITTER_TIMES).clamp(*self.bounds.start(), *self.bounds.end())
    }

    /// Starts to play when the first packet has waited for the delay.
    fn begin(&mut self, now: Instant, aim: u64) -> Option<u64> {
        let waited = now.saturating_duration_since(self.since?).as_millis() as u64 * SAMPLES_PER_MS;
        let first = self.packets.front()?.start;
        (waited >= aim).then_some(first)
    }

    /// Leaves out what is too much: the sender's clock is faster than ours, or a burst came.
    fn adapt(&mut self, now: Instant, position: u64, aim: u64) {
        let held = self.packets.back().map_or(0, |packet| packet.end().saturating_sub(position));
        if held <= aim + SLACK {
            self.full = None;
            return;
        }
        if now.saturating_duration_since(*self.full.get_or_insert(now)) < PATIENCE {
            return;
        }
        self.full = None;
        let position = position + (held - aim);
        self.playing = Some(position);
        while self.packets.front().is_some_and(|packet| packet.end() <= position) {
            if let Some(skipped) = self.packets.pop_front() {
                self.recycle(skipped);
            }
        }
    }

    /// The timestamp without wraps.
    fn extend(&self, timestamp: u32) -> u64 {
        match self.last {
            // Room for everything that can come before the first packet.
            None => (1 << 40) + u64::from(timestamp),
            Some(last) => {
                let step = timestamp.wrapping_sub(last as u32).cast_signed();
                last.saturating_add_signed(i64::from(step))
            }
        }
    }

    fn recycle(&mut self, packet: Packet) {
        if self.spare.len() < 4 {
            let mut payload = packet.payload;
            payload.clear();
            self.spare.push(payload);
        }
    }
}

#[cfg(test)]
mod tests;
