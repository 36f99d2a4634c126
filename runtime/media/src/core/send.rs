//! The sending side: sequence, timestamps, keys, reports.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::{Core, Wire};
use crate::codec::SAMPLES_PER_MS;
use crate::dtmf::Dtmf;
use crate::rtcp::{self, Sent};
use crate::rtp::{HEADER, Header};
use crate::stream::{MAX_QUEUED_DTMF, count};

/// Samples in the longest packet (60 ms).
pub(super) const MAX_SAMPLES: usize = 480;
/// Bytes of the longest packet that is sent; an echoed one may be longer than ours.
const MAX_BYTES: usize = HEADER + 2 * MAX_SAMPLES;

/// Samples between two packets that are passed on in one talkspurt at most (1 s): more means that
/// the sender counts anew.
const MAX_STEP: u32 = 8_000;

/// One side of an RTP session.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) ssrc: u32,
    sequence: u16,
    /// The timestamp of `origin`.
    base: u32,
    origin: Instant,
    /// The timestamp after the last packet, and when that was sent; none before the first.
    next: Option<(u32, Instant)>,
    packets: u32,
    bytes: u32,
    reported: u32,
    /// The sender's timestamp of the last packet that was passed on, and ours.
    passed: Option<(u32, u32)>,
}

impl Sending {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            ssrc: rand::random(),
            sequence: rand::random(),
            base: rand::random(),
            origin: now,
            next: None,
            packets: 0,
            bytes: 0,
            reported: 0,
            passed: None,
        }
    }

    /// The timestamp for audio that begins now, and whether it begins after a pause. A stream that
    /// is sent without a pause goes on where it was; after one the clock decides, so that the far
    /// end sees how long it was.
    fn timestamp(&self, now: Instant, samples: u32) -> (u32, bool) {
        let pause = Duration::from_millis(u64::from(samples) / SAMPLES_PER_MS * 4);
        match self.next {
            Some((next, sent)) if now.saturating_duration_since(sent) <= pause => (next, false),
            next => {
                let clock = self.clock(now);
                match next {
                    // Never back, even when a thread was late.
                    Some((next, _)) if clock.wrapping_sub(next).cast_signed() < 0 => (next, true),
                    _ => (clock, true),
                }
            }
        }
    }

    /// The timestamp of a moment.
    fn clock(&self, now: Instant) -> u32 {
        let samples =
            now.saturating_duration_since(self.origin).as_millis() as u64 * SAMPLES_PER_MS;
        self.base.wrapping_add(samples as u32)
    }
}

impl Core {
    /// Sends the packet of this moment: a key, else what plays.
    pub(super) fn send_next(&mut self, now: Instant, wire: &mut impl Wire) {
        let samples = usize::from(self.ptime()) * SAMPLES_PER_MS as usize;
        let (timestamp, begins) = self.sending.timestamp(now, samples as u32);
        let mut packet = [0; MAX_BYTES];
        let Some(audio) = packet.get_mut(HEADER..HEADER + samples.min(MAX_SAMPLES)) else { return };
        let codec = self.codec();
        let sounding = self.play_into(codec, audio);
        let after = timestamp.wrapping_add(samples as u32);
        let dtmf = self.agreement.as_ref().and_then(|agreement| agreement.dtmf);
        if let Some(keys) = &mut self.keys_out {
            let (event, pressed) = match dtmf {
                Some(_) => (keys.next_packet(timestamp, samples as u32), false),
                None => {
                    let mut tones = [0; MAX_SAMPLES];
                    let tones = tones.get_mut(..audio.len()).unwrap_or_default();
                    let pressed = keys.next_tone(tones);
                    if pressed {
                        for (byte, sample) in audio.iter_mut().zip(tones.iter()) {
                            *byte = codec.encode(*sample);
                        }
                    }
                    (None, pressed)
                }
            };
            if keys.is_empty() {
                self.keys_out = None;
            }
            if let (Some(event), Some(payload_type)) = (event, dtmf) {
                if let Some(payload) = packet.get_mut(HEADER..HEADER + 4) {
                    payload.copy_from_slice(&event.payload);
                }
                let head = (payload_type, event.marker, event.timestamp);
                return self.send(now, &mut packet, 4, head, after, wire);
            }
            if !sounding && !pressed {
                return; // Between two keys, and nothing plays.
            }
        } else if !sounding {
            return;
        }
        if let Some(audio) = packet.get(HEADER..HEADER + samples) {
            self.note_sent(codec, audio);
        }
        let head = (self.payload_type(), begins, timestamp);
        self.send(now, &mut packet, samples, head, after, wire);
    }

    /// Sends a packet of silence that keeps a NAT open.
    pub(super) fn send_silence(&mut self, now: Instant, wire: &mut impl Wire) {
        let samples = usize::from(self.ptime()) * SAMPLES_PER_MS as usize;
        let (timestamp, _) = self.sending.timestamp(now, samples as u32);
        let mut packet = [self.codec().silence(); MAX_BYTES];
        let after = timestamp.wrapping_add(samples as u32);
        let head = (self.payload_type(), true, timestamp);
        self.send(now, &mut packet, samples, head, after, wire);
        // A far end that may not be sent to must not make this due for ever.
        self.sending.next = Some((after, now));
    }

    /// When silence has to be sent.
    pub(super) fn keepalive(&self) -> Option<Instant> {
        let interval = self.settings.keepalive?;
        self.far.address()?;
        let since = self.sending.next.map_or(self.sending.origin, |(_, sent)| sent);
        Some(since + interval)
    }

    /// Sends a packet that the far end, or another one, has made.
    pub(super) fn send_foreign(
        &mut self,
        now: Instant,
        timestamp: u32,
        payload: &[u8],
        wire: &mut impl Wire,
    ) {
        let mut packet = [0; MAX_BYTES];
        let Some(audio) = packet.get_mut(HEADER..HEADER + payload.len()) else { return };
        audio.copy_from_slice(payload);
        self.note_sent(self.codec(), payload);
        let samples = payload.len() as u32;
        let (clock, begins) = self.sending.timestamp(now, samples);
        // Within a talkspurt the sender's own spacing is kept, whatever the network did to it.
        let spaced = self.sending.passed.filter(|_| !begins).map(|(theirs, ours)| {
            let step = timestamp.wrapping_sub(theirs);
            (step, ours.wrapping_add(step))
        });
        let (ours, begins) = match spaced {
            Some((step, ours)) if step.cast_signed().unsigned_abs() <= MAX_STEP => (ours, false),
            // A sender that began anew, or another one.
            Some(_) => (clock, true),
            None => (clock, begins),
        };
        self.sending.passed = Some((timestamp, ours));
        let head = (self.payload_type(), begins, ours);
        self.send(now, &mut packet, payload.len(), head, ours.wrapping_add(samples), wire);
    }

    pub(super) fn queue_keys(&mut self, keys: Vec<Dtmf>) {
        let sender = self.keys_out.get_or_insert_default();
        let refused = keys.into_iter().filter(|key| !sender.push(*key, MAX_QUEUED_DTMF)).count();
        if refused > 0 {
            tracing::warn!(refused, "media: more than {MAX_QUEUED_DTMF} keys wait to be sent");
        }
        if sender.is_empty() {
            self.keys_out = None;
        }
    }

    /// Puts the header before the payload and sends both, when the far end may be sent to.
    fn send(
        &mut self,
        now: Instant,
        packet: &mut [u8; MAX_BYTES],
        payload: usize,
        (payload_type, marker, timestamp): (u8, bool, u32),
        after: u32,
        wire: &mut impl Wire,
    ) {
        let sends = self.agreement.as_ref().is_some_and(|agreement| agreement.direction.sends());
        let Some(far) = self.far.address().filter(|_| sends) else { return };
        let ssrc = self.sending.ssrc;
        let sequence = self.sending.sequence;
        let header = Header { marker, payload_type, sequence, timestamp, ssrc };
        if let Some(head) = packet.first_chunk_mut::<HEADER>() {
            *head = header.write();
        }
        let Some(packet) = packet.get(..HEADER + payload) else { return };
        wire.rtp(packet, far);
        let sending = &mut self.sending;
        sending.sequence = sequence.wrapping_add(1);
        sending.next = Some((after, now));
        sending.packets = sending.packets.wrapping_add(1);
        sending.bytes = sending.bytes.wrapping_add(payload as u32);
        count(&self.counters.sent);
        self.arm_report(now);
    }

    fn payload_type(&self) -> u8 {
        self.agreement.as_ref().map_or(0, |agreement| agreement.payload_type)
    }

    /// Reports begin with the first packet in either direction.
    pub(super) fn arm_report(&mut self, now: Instant) {
        self.report.get_or_insert(now + self.settings.rtcp_interval);
    }

    /// Sends an RTCP report; the next one waits for RTP when none flowed since the last.
    pub(super) fn send_report(&mut self, now: Instant, wire: &mut impl Wire, bye: bool) {
        let sent = self.sending.packets != self.sending.reported;
        self.sending.reported = self.sending.packets;
        let received = self.receiving.take_heard();
        self.report = (sent || received).then(|| now + self.settings.rtcp_interval);
        if !(sent || received || bye) {
            return;
        }
        let Some(to) = self.rtcp_address() else { return };
        let sent = sent.then(|| Sent {
            ntp: self.settings.epoch.ntp(now),
            timestamp: self.sending.clock(now),
            packets: self.sending.packets,
            bytes: self.sending.bytes,
        });
        let block = self.receiving.block(now);
        let name = format!("{:08x}@ringfence", self.sending.ssrc);
        wire.rtcp(&rtcp::write(self.sending.ssrc, sent, block, &name, bye), to);
    }

    /// Where reports go: as SDP says unless the far end is elsewhere than SDP says.
    fn rtcp_address(&self) -> Option<SocketAddr> {
        let agreement = self.agreement.as_ref()?;
        let far = self.far.address()?;
        let moved = self.far.latched().is_some() && agreement.remote != Some(far);
        match agreement.rtcp {
            Some(rtcp) if !moved => Some(rtcp),
            _ => Some(SocketAddr::new(far.ip(), far.port().checked_add(1)?)),
        }
    }

    /// Lets the jitter of the last packets be read from outside.
    pub(super) fn publish_reception(&self) {
        if let Some((lost, jitter)) = self.receiving.loss_and_jitter() {
            self.counters.lost.store(lost, Ordering::Relaxed);
            self.counters.jitter.store(jitter, Ordering::Relaxed);
        }
    }
}
