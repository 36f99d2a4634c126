//! Keys as telephone-event packets (RFC 4733 §2.5) or as tones.

use std::collections::VecDeque;

use super::{Dtmf, event_of};
use crate::source::tone::dual_tone;

/// The end is sent so often (§2.5.1.4).
const ENDS: u8 = 3;
/// Between two keys, in samples: 60 ms. Receivers want 40.
const GAP: u32 = 480;
/// -10 dBm0, as telephones send.
const VOLUME: u8 = 10;
/// The longest duration one packet can tell.
const SEGMENT: u32 = 0xffff;

/// The keys that wait and the one that is being pressed.
#[derive(Debug, Default)]
pub(crate) struct Sender {
    waiting: VecDeque<Dtmf>,
    step: Step,
}

#[derive(Clone, Copy, Debug, Default)]
enum Step {
    #[default]
    Idle,
    Press {
        key: Dtmf,
        /// Samples so far.
        elapsed: u32,
        /// Of this segment.
        timestamp: u32,
        /// Samples of the segments before.
        before: u32,
        ends: u8,
    },
    /// Samples to wait.
    Gap(u32),
}

/// What to send instead of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventPacket {
    pub(crate) marker: bool,
    pub(crate) timestamp: u32,
    pub(crate) payload: [u8; 4],
}

impl Sender {
    /// Puts a key at the end of the queue; false when `limit` wait already.
    pub(crate) fn push(&mut self, key: Dtmf, limit: usize) -> bool {
        let room = self.waiting.len() < limit;
        if room {
            self.waiting.push_back(key);
        }
        room
    }

    /// Whether there is nothing left to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && matches!(self.step, Step::Idle)
    }

    /// The packet for the next `samples`, which begin at `timestamp`; none is audio's turn.
    pub(crate) fn next_packet(&mut self, timestamp: u32, samples: u32) -> Option<EventPacket> {
        self.begin(timestamp);
        let (key, elapsed, start, before, ends) = match &mut self.step {
            Step::Idle => return None,
            Step::Gap(left) => {
                *left = left.saturating_sub(samples);
                if *left == 0 {
                    self.step = Step::Idle;
                }
                return None;
            }
            Step::Press { key, elapsed, timestamp, before, ends } => {
                (*key, elapsed, timestamp, before, ends)
            }
        };
        let Some(event) = event_of(key.digit) else {
            self.step = Step::Idle; // `w` became a gap in `begin`, so this cannot happen.
            return None;
        };
        let marker = *elapsed == 0;
        *elapsed = elapsed.saturating_add(samples).min(key.duration);
        while *elapsed - *before > SEGMENT {
            *before += SEGMENT;
            *start = start.wrapping_add(SEGMENT);
        }
        let end = *elapsed == key.duration;
        let [d0, d1] = ((*elapsed - *before) as u16).to_be_bytes();
        let payload = [event, VOLUME | (u8::from(end) << 7), d0, d1];
        let packet = EventPacket { marker, timestamp: *start, payload };
        if end {
            *ends += 1;
            if *ends == ENDS {
                self.step = Step::Gap(GAP);
            }
        }
        Some(packet)
    }

    /// Writes the next samples as tones over `out`; false when it is audio's turn.
    pub(crate) fn next_tone(&mut self, out: &mut [i16]) -> bool {
        self.begin(0);
        let samples = u32::try_from(out.len()).unwrap_or(u32::MAX);
        match &mut self.step {
            Step::Idle => false,
            Step::Gap(left) => {
                *left = left.saturating_sub(samples);
                if *left == 0 {
                    self.step = Step::Idle;
                }
                false
            }
            Step::Press { key, elapsed, .. } => {
                let rest = (key.duration - *elapsed).min(samples) as usize;
                out.fill(0);
                if let Some(sounding) = out.get_mut(..rest) {
                    dual_tone(key.digit, *elapsed, sounding);
                }
                *elapsed += rest as u32;
                if *elapsed == key.duration {
                    self.step = Step::Gap(GAP);
                }
                true
            }
        }
    }

    fn begin(&mut self, timestamp: u32) {
        if !matches!(self.step, Step::Idle) {
            return;
        }
        self.step = match self.waiting.pop_front() {
            None => Step::Idle,
            Some(Dtmf { digit: 'w', .. }) => Step::Gap(4000),
            Some(Dtmf { digit: 'W', .. }) => Step::Gap(8000),
            Some(key) => Step::Press { key, elapsed: 0, timestamp, before: 0, ends: 0 },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtmf::Receiver;

    fn run(keys: &[Dtmf]) -> Vec<Option<EventPacket>> {
        let mut sender = Sender::default();
        keys.iter().for_each(|key| assert!(sender.push(*key, 10)));
        let mut packets = Vec::new();
        let mut timestamp = 1000u32;
        while !sender.is_empty() {
            packets.push(sender.next_packet(timestamp, 160));
            timestamp = timestamp.wrapping_add(160);
        }
        packets
    }

    #[test]
    fn a_press_has_one_marker_one_timestamp_and_three_ends() {
        let sent: Vec<_> =
            run(&[Dtmf { digit: '5', duration: 480 }]).into_iter().flatten().collect();
        assert_eq!(sent.len(), 5);
        assert!(sent.iter().all(|packet| packet.timestamp == 1000 && packet.payload[0] == 5));
        assert_eq!(sent.iter().filter(|packet| packet.marker).count(), 1);
        assert!(sent[0].marker);
        let durations: Vec<_> = sent.iter().map(|packet| packet.payload[3]).collect();
        assert_eq!(durations, [160, 64, 224, 224, 224], "160, 320, 480 in the low byte");
        let ends: Vec<_> = sent.iter().map(|packet| packet.payload[1] >> 7).collect();
        assert_eq!(ends, [0, 0, 1, 1, 1]);
    }

    #[test]
    fn two_keys_are_apart() {
        let packets =
            run(&[Dtmf { digit: '1', duration: 400 }, Dtmf { digit: '1', duration: 400 }]);
        let gap = packets.iter().skip_while(|packet| packet.is_some());
        assert_eq!(gap.take_while(|packet| packet.is_none()).count(), 3, "60 ms");
        let mut starts: Vec<_> = packets.iter().flatten().map(|packet| packet.timestamp).collect();
        starts.dedup();
        assert_eq!(starts.len(), 2);
    }

    #[test]
    fn what_is_sent_is_what_is_received() {
        let keys = [
            Dtmf { digit: '#', duration: 2000 },
            Dtmf { digit: 'w', duration: 400 },
            Dtmf { digit: 'D', duration: 100_000 },
        ];
        let mut receiver = Receiver::default();
        let mut received = Vec::new();
        for packet in run(&keys).into_iter().flatten() {
            let now = tokio::time::Instant::now();
            receiver.packet(now, packet.timestamp, &packet.payload, |key| received.push(key));
        }
        assert_eq!(received, [keys[0], keys[2]]);
    }

    #[test]
    fn without_telephone_event_it_sounds() {
        let mut sender = Sender::default();
        sender.push(Dtmf { digit: '1', duration: 400 }, 1);
        assert!(!sender.push(Dtmf { digit: '2', duration: 400 }, 1), "the queue is bounded");
        let mut sounding = 0;
        while !sender.is_empty() {
            let mut out = [0i16; 160];
            if sender.next_tone(&mut out) {
                sounding += out.iter().filter(|sample| **sample != 0).count();
            }
        }
        assert!((360..=400).contains(&sounding), "{sounding}");
    }
}
