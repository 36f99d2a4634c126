//! RTP headers (RFC 3550 §5.1) and sequence numbers (appendix A.1, A.8).

/// Bytes of a header without contributing sources and extension: what this side sends.
pub(crate) const HEADER: usize = 12;
/// The longest packet that is read; audio packets are far shorter.
pub(crate) const MAX_PACKET: usize = 1500;

const VERSION: u8 = 2;

/// What a packet says about its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

impl Header {
    /// Takes a packet apart; none when it is not RTP.
    pub(crate) fn parse(packet: &[u8]) -> Option<(Self, &[u8])> {
        let (fixed, rest) = packet.split_first_chunk::<HEADER>()?;
        let [first, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *fixed;
        if first >> 6 != VERSION {
            return None;
        }
        let header = Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
        };
        let mut payload = rest.get(usize::from(first & 0x0f) * 4..)?;
        if first & 0x10 != 0 {
            let (extension, after) = payload.split_first_chunk::<4>()?;
            let words = u16::from_be_bytes([extension[2], extension[3]]);
            payload = after.get(usize::from(words) * 4..)?;
        }
        if first & 0x20 != 0 {
            let padding = usize::from(*payload.last()?);
            if padding == 0 {
                return None;
            }
            payload = payload.get(..payload.len().checked_sub(padding)?)?;
        }
        Some((header, payload))
    }

    /// The header as bytes.
    pub(crate) fn write(&self) -> [u8; HEADER] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [r0, r1, r2, r3] = self.ssrc.to_be_bytes();
        let second = (u8::from(self.marker) << 7) | (self.payload_type & 0x7f);
        [VERSION << 6, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3]
    }
}

/// Follows the sequence numbers of one SSRC: wraps, loss, jitter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sequence {
    base: i64,
    highest: i64,
    received: u64,
    /// Arrival minus timestamp of the last packet, in samples.
    transit: u32,
    /// Interarrival jitter, 16 times (appendix A.8).
    jitter: u32,
    /// As they were at the last report.
    reported: (i64, u64),
}

/// What a report says about the packets since the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reception {
    pub(crate) fraction_lost: u8,
    pub(crate) lost: i32,
    pub(crate) highest: u32,
    pub(crate) jitter: u32,
}

impl Sequence {
    /// Begins with the first packet; `arrival` in samples, on any clock.
    pub(crate) fn new(sequence: u16, timestamp: u32, arrival: u32) -> Self {
        let first = i64::from(sequence);
        Self {
            base: first,
            highest: first,
            received: 1,
            transit: arrival.wrapping_sub(timestamp),
            jitter: 0,
            reported: (first - 1, 0),
        }
    }

    /// Counts a further packet. Returns its number without wraps.
    pub(crate) fn note(&mut self, sequence: u16, timestamp: u32, arrival: u32) -> i64 {
        let extended = self.extend(sequence);
        self.highest = self.highest.max(extended);
        self.base = self.base.min(extended);
        self.received += 1;
        let transit = arrival.wrapping_sub(timestamp);
        // The difference of two transits is small unless the sender's clock jumped; a jump of more
        // than a second is not jitter.
        let difference = transit.wrapping_sub(self.transit).cast_signed().unsigned_abs();
        self.transit = transit;
        if difference < crate::codec::RATE {
            self.jitter = self.jitter + difference - ((self.jitter + 8) >> 4);
        }
        extended
    }

    /// The number without wraps that is nearest to the highest so far.
    fn extend(&self, sequence: u16) -> i64 {
        let last = self.highest as u16;
        let step = sequence.wrapping_sub(last).cast_signed();
        self.highest + i64::from(step)
    }

    /// Jitter in samples.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// Packets that should have come and did not; duplicates count against it, as in RFC 3550.
    pub(crate) fn lost(&self) -> u64 {
        let expected = (self.highest - self.base + 1).unsigned_abs();
        expected.saturating_sub(self.received)
    }

    /// The numbers for a report block; begins a new interval.
    pub(crate) fn report(&mut self) -> Reception {
        let (highest_before, received_before) = self.reported;
        self.reported = (self.highest, self.received);
        let expected = self.highest - highest_before;
        let received = i64::try_from(self.received - received_before).unwrap_or(i64::MAX);
        let lost = expected.saturating_sub(received);
        let fraction_lost =
            if expected > 0 && lost > 0 { (lost * 256 / expected).min(255) } else { 0 };
        Reception {
            fraction_lost: fraction_lost as u8,
            lost: i32::try_from(self.lost()).unwrap_or(i32::MAX).min(0x7f_ffff),
            highest: self.highest as u32,
            jitter: self.jitter(),
        }
    }
}

#[cfg(test)]
mod tests;
