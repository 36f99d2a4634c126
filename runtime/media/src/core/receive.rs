//! The receiving side: who may be heard, what of it is sound, keys, silence of the far end.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

use super::{Core, Wire};
use crate::codec::{Codec, SAMPLES_PER_MS};
use crate::dtmf::{self, Dtmf};
use crate::far::Admission;
use crate::rtcp::{self, Block};
use crate::rtp::{Header, Sequence};
use crate::stream::{Heard, StreamEvent, count};

/// The payload type of comfort noise (RFC 3389); nobody asks for it and some send it.
const COMFORT_NOISE: u8 = 13;

/// What is known of the far end's packets.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    source: Option<Source>,
    pub(super) keys: dtmf::Receiver,
    /// When the last packet came, or the stream was connected.
    alive: Option<Instant>,
    ever: bool,
    /// Whether anything came since the last RTCP report.
    heard: bool,
    /// Of sources before this one.
    lost_before: u64,
    /// The first packet's moment, from which arrivals are counted.
    origin: Option<Instant>,
    /// The middle of the last sender report's NTP time, and when it came.
    sender_report: Option<(u32, Instant)>,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    sequence: Sequence,
}

impl Receiving {
    pub(super) fn connected(&mut self, now: Instant) {
        self.alive = Some(now);
    }

    /// Whether anything came since this was last asked.
    pub(super) fn take_heard(&mut self) -> bool {
        std::mem::take(&mut self.heard)
    }

    /// What a report says of the far end's packets.
    pub(super) fn block(&mut self, now: Instant) -> Option<Block> {
        let source = self.source.as_mut()?;
        let (last_report, delay) = self.sender_report.map_or((0, 0), |(middle, at)| {
            (middle, rtcp::delay(now.saturating_duration_since(at)))
        });
        Some(Block { ssrc: source.ssrc, reception: source.sequence.report(), last_report, delay })
    }

    pub(super) fn loss_and_jitter(&self) -> Option<(u64, u32)> {
        let source = self.source.as_ref()?;
        Some((self.lost_before + source.sequence.lost(), source.sequence.jitter()))
    }

    /// In samples of 1/8000 s since the first packet.
    fn arrival(&mut self, now: Instant) -> u32 {
        let origin = *self.origin.get_or_insert(now);
        let micros = now.saturating_duration_since(origin).as_micros() as u64;
        (micros * SAMPLES_PER_MS / 1000) as u32
    }
}

impl Core {
    /// Takes a datagram from the RTP port.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        source: SocketAddr,
        datagram: &[u8],
        wire: &mut impl Wire,
    ) {
        let Some(agreement) = &self.agreement else { return count(&self.counters.invalid) };
        let Some((header, payload)) = Header::parse(datagram) else {
            return count(&self.counters.invalid);
        };
        let key = agreement.dtmf == Some(header.payload_type);
        // Both codecs are told apart by their static types, so a far end that changes between them
        // without asking is understood.
        let codec = if header.payload_type == agreement.payload_type {
            Some(agreement.codec)
        } else {
            Codec::from_payload_type(header.payload_type)
        };
        // A far end that sends noise instead of silence is there, though there is nothing to hear.
        if !key && codec.is_none() && header.payload_type != COMFORT_NOISE {
            return count(&self.counters.invalid);
        }
        match self.far.admit(source) {
            Admission::Foreign => return count(&self.counters.foreign),
            Admission::First => {
                if agreement.remote != Some(source) {
                    tracing::debug!(%source, told = ?agreement.remote, "media: far end sends from elsewhere");
                }
                wire.latch(Some(source));
            }
            Admission::Known => {}
        }
        let receives = agreement.direction.receives();
        self.note(now, &header);
        if key {
            let mut keys = [None, None]; // One whose end was lost, and this one.
            self.receiving.keys.packet(now, header.timestamp, payload, |key| {
                if let Some(free) = keys.iter_mut().find(|place| place.is_none()) {
                    *free = Some(key);
                }
            });
            keys.into_iter().flatten().for_each(|key| self.report_key(key));
        } else if let Some(codec) = codec.filter(|_| receives) {
            if let Some(jitter) = &mut self.jitter {
                jitter.push(now, header.timestamp, codec, payload);
            }
            self.tap(codec, payload);
            self.hand_on(now, codec, header.timestamp, payload, wire);
        }
    }

    /// Takes a datagram from the RTCP port. Reports steer nothing, so their source is not judged
    /// beyond the address.
    pub(crate) fn receive_rtcp(&mut self, now: Instant, source: SocketAddr, datagram: &[u8]) {
        if self.far.address().is_none_or(|far| far.ip() != source.ip()) {
            return count(&self.counters.foreign);
        }
        let Some(report) = rtcp::parse(datagram, self.sending.ssrc) else { return };
        let known = self.receiving.source.as_ref().map(|source| source.ssrc);
        if let Some((ssrc, middle)) = report.sender
            && known == Some(ssrc)
        {
            self.receiving.sender_report = Some((middle, now));
        }
        if let Some((fraction, lost, jitter)) = report.about_us {
            tracing::trace!(fraction, lost, jitter, "media: far end's report");
        }
    }

    /// Counts a packet of the far end.
    fn note(&mut self, now: Instant, header: &Header) {
        let arrival = self.receiving.arrival(now);
        let receiving = &mut self.receiving;
        receiving.alive = Some(now);
        receiving.ever = true;
        receiving.heard = true;
        count(&self.counters.received);
        match &mut receiving.source {
            Some(source) if source.ssrc == header.ssrc => {
                source.sequence.note(header.sequence, header.timestamp, arrival);
            }
            source => {
                if let Some(before) = source {
                    receiving.lost_before += before.sequence.lost();
                    receiving.sender_report = None;
                    self.counters.ssrc_changes.fetch_add(1, Ordering::Relaxed);
                    if let Some(jitter) = &mut self.jitter {
                        jitter.reset();
                    }
                }
                let sequence = Sequence::new(header.sequence, header.timestamp, arrival);
                *source = Some(Source { ssrc: header.ssrc, sequence });
                if let Some(key) = receiving.keys.reset() {
                    self.report_key(key);
                }
            }
        }
        if self.timeout.is_none() {
            self.arm_timeout();
        }
        self.arm_report(now);
        self.publish_reception();
    }

    /// Lets whoever hears this stream have a packet's sound; one who is slow loses it.
    fn tap(&mut self, codec: Codec, payload: &[u8]) {
        let Some(tap) = &self.tap else { return };
        let heard = Heard { codec, payload: Bytes::copy_from_slice(payload) };
        if let Err(TrySendError::Closed(_)) = tap.try_send(heard) {
            self.tap = None;
        }
    }

    pub(super) fn report_key(&mut self, key: Dtmf) {
        count(&self.counters.dtmf);
        let Dtmf { digit, duration } = key;
        self.event(StreamEvent::Dtmf { digit, duration });
    }

    /// Begins to wait for the far end's next packet, when that is wanted and it may send.
    pub(super) fn arm_timeout(&mut self) {
        let expected = self
            .agreement
            .as_ref()
            .is_some_and(|agreement| agreement.direction.receives() && !agreement.hold);
        let due = self.receiving.alive.zip(self.settings.timeout);
        self.timeout = due.filter(|_| expected).map(|(alive, timeout)| alive + timeout);
    }

    /// The deadline was set with an older packet in mind; is it still silent?
    pub(super) fn look_for_timeout(&mut self, now: Instant) {
        self.arm_timeout();
        let (Some(due), Some(alive)) = (self.timeout, self.receiving.alive) else { return };
        if due <= now {
            self.timeout = None; // Until the next packet.
            let silent = now.saturating_duration_since(alive);
            self.event(StreamEvent::Timeout { silent, ever: self.receiving.ever });
        }
    }
}
