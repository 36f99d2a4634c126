//! RTCP: sender and receiver reports, SDES, BYE (RFC 3550 §6).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::rtp::Reception;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
/// Seconds between 1900 (NTP) and 1970.
const NTP_TO_UNIX: u64 = 2_208_988_800;

/// What is told about sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// 32.32 fixed point, since 1900.
    pub(crate) ntp: u64,
    /// The RTP timestamp of that moment.
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
}

/// What is told about receiving from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) ssrc: u32,
    pub(crate) reception: Reception,
    /// The middle of the NTP time of the last sender report, and how long ago it came (1/65536 s).
    pub(crate) last_report: u32,
    pub(crate) delay: u32,
}

/// A compound packet: SR when something was sent, else RR; the name; BYE when it is the last.
pub(crate) fn write(
    ssrc: u32,
    sent: Option<Sent>,
    block: Option<Block>,
    name: &str,
    bye: bool,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let kind = if sent.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
    packet(&mut out, u8::from(block.is_some()), kind, |out| {
        out.extend(ssrc.to_be_bytes());
        if let Some(sent) = sent {
            out.extend(sent.ntp.to_be_bytes());
            out.extend(sent.timestamp.to_be_bytes());
            out.extend(sent.packets.to_be_bytes());
            out.extend(sent.bytes.to_be_bytes());
        }
        if let Some(block) = block {
            let lost = block.reception.lost.to_be_bytes();
            out.extend(block.ssrc.to_be_bytes());
            out.extend([block.reception.fraction_lost, lost[1], lost[2], lost[3]]);
            out.extend(block.reception.highest.to_be_bytes());
            out.extend(block.reception.jitter.to_be_bytes());
            out.extend(block.last_report.to_be_bytes());
            out.extend(block.delay.to_be_bytes());
        }
    });
    packet(&mut out, 1, DESCRIPTION, |out| {
        out.extend(ssrc.to_be_bytes());
        let name = name.as_bytes().get(..name.len().min(255)).unwrap_or_default();
        out.extend([1, name.len() as u8]); // CNAME
        out.extend(name);
        out.push(0);
    });
    if bye {
        packet(&mut out, 1, BYE, |out| out.extend(ssrc.to_be_bytes()));
    }
    out
}

/// Writes one packet of a compound, padded to words.
fn packet(out: &mut Vec<u8>, count: u8, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend([0x80 | count, kind, 0, 0]);
    body(out);
    out.resize(begin + (out.len() - begin).next_multiple_of(4), 0);
    let words = ((out.len() - begin) / 4 - 1) as u16;
    if let Some(length) = out.get_mut(begin + 2..begin + 4) {
        length.copy_from_slice(&words.to_be_bytes());
    }
}

/// What is of use in a compound packet from the far end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// The sender's SSRC and the middle of its NTP time, for our next block.
    pub(crate) sender: Option<(u32, u32)>,
    /// What it says about our packets: fraction lost (of 256), lost, jitter in samples.
    pub(crate) about_us: Option<(u8, i32, u32)>,
    pub(crate) bye: bool,
}

/// Reads a compound packet; what is not understood is skipped, a broken rest is ignored.
pub(crate) fn parse(mut rest: &[u8], our_ssrc: u32) -> Option<Report> {
    let mut report = None;
    while let Some((&[first, kind, l0, l1], after)) = rest.split_first_chunk::<4>() {
        if first >> 6 != 2 {
            break;
        }
        let length = usize::from(u16::from_be_bytes([l0, l1])) * 4;
        let Some((body, next)) = after.split_at_checked(length) else { break };
        rest = next;
        let report = report.get_or_insert_with(Report::default);
        let blocks = match kind {
            SENDER_REPORT => {
                if let (Some(ssrc), Some(middle)) = (word(body, 0), word(body, 6)) {
                    report.sender = Some((ssrc, middle));
                }
                body.get(24..)
            }
            RECEIVER_REPORT => body.get(4..),
            BYE => {
                report.bye = true;
                None
            }
            _ => None,
        };
        for block in blocks.unwrap_or_default().chunks_exact(24).take(usize::from(first & 0x1f)) {
            if word(block, 0) == Some(our_ssrc)
                && let (Some(losses), Some(jitter)) = (word(block, 4), word(block, 12))
            {
                let lost = (losses << 8).cast_signed() >> 8;
                report.about_us = Some(((losses >> 24) as u8, lost, jitter));
            }
        }
    }
    report
}

/// The big-endian word at a byte offset that is a multiple of 2.
fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    let four = bytes.get(offset..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*four))
}

/// Turns moments into NTP time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epoch {
    origin: Instant,
    ntp: u64,
}

impl Epoch {
    /// `time` is the wall clock at `origin`.
    pub(crate) fn new(origin: Instant, time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { origin, ntp: fixed(since).wrapping_add(NTP_TO_UNIX << 32) }
    }

    pub(crate) fn ntp(&self, now: Instant) -> u64 {
        self.ntp.wrapping_add(fixed(now.saturating_duration_since(self.origin)))
    }
}

/// As 32.32 fixed point.
fn fixed(duration: Duration) -> u64 {
    (duration.as_secs() << 32) | ((u64::from(duration.subsec_nanos()) << 32) / 1_000_000_000)
}

/// In 1/65536 s, as the delay of a block.
pub(crate) fn delay(duration: Duration) -> u32 {
    u32::try_from(fixed(duration) >> 16).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENT: Sent = Sent { ntp: 0x1111_2222_3333_4444, timestamp: 5, packets: 6, bytes: 960 };
    const BLOCK: Block = Block {
        ssrc: 77,
        reception: Reception { fraction_lost: 12, lost: -3, highest: 9, jitter: 40 },
        last_report: 1,
        delay: 2,
    };

    #[test]
    fn what_is_written_is_read() {
        let packet = write(99, Some(SENT), Some(BLOCK), "ringfence", true);
        assert_eq!(packet.len() % 4, 0);
        let report = parse(&packet, 77).unwrap();
        assert_eq!(report.sender, Some((99, 0x2222_3333)));
        assert_eq!(report.about_us, Some((12, -3, 40)));
        assert!(report.bye);
    }

    #[test]
    fn who_sent_nothing_sends_a_receiver_report() {
        let packet = write(99, None, None, "r", false);
        assert_eq!(packet[1], RECEIVER_REPORT);
        assert_eq!(parse(&packet, 77), Some(Report::default()));
    }

    #[test]
    fn a_truncated_packet_gives_what_was_whole() {
        let packet = write(99, Some(SENT), Some(BLOCK), "ringfence", true);
        let report = parse(&packet[..packet.len() - 4], 77).unwrap();
        assert!(report.about_us.is_some() && !report.bye);
        assert_eq!(parse(b"", 0), None);
        assert_eq!(parse(&[0x10; 40], 0), None);
    }

    #[test]
    fn ntp_time_counts_from_1900() {
        let origin = Instant::now();
        let epoch = Epoch::new(origin, UNIX_EPOCH + Duration::from_millis(500));
        assert_eq!(epoch.ntp(origin), (NTP_TO_UNIX << 32) + (1 << 31));
        assert_eq!(epoch.ntp(origin + Duration::from_secs(2)) >> 32, NTP_TO_UNIX + 2);
        assert_eq!(delay(Duration::from_millis(1500)), 98_304);
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes, 1);
        }
    }
}
