//! Keys from telephone-event packets (RFC 4733 §2.3–2.5).

use std::time::Duration;

use tokio::time::Instant;

use super::{Dtmf, digit_of};

/// A key without further packets is released after so long: all three ends were lost. Senders
/// repeat every 20 to 50 ms.
const LOST_END: Duration = Duration::from_millis(150);
/// The longest duration one packet can tell; a longer press goes on in a new segment (§2.5.1.3).
const SEGMENT: u32 = 0xffff;

/// Turns packets into keys: each press is reported once, at its end.
#[derive(Debug, Default)]
pub(crate) struct Receiver {
    press: Option<Press>,
    /// The timestamp and event of the press that ended last: its repeated ends are ignored.
    ended: Option<(u32, u8)>,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    timestamp: u32,
    event: u8,
    /// Of the segments before this one.
    before: u32,
    duration: u32,
    heard: Instant,
}

impl Press {
    fn key(&self) -> Option<Dtmf> {
        let digit = digit_of(self.event)?;
        Some(Dtmf { digit, duration: self.before.saturating_add(self.duration) })
    }
}

impl Receiver {
    /// Takes the payload of a packet; `report` gets the keys that are complete with it.
    pub(crate) fn packet(
        &mut self,
        now: Instant,
        timestamp: u32,
        payload: &[u8],
        mut report: impl FnMut(Dtmf),
    ) {
        let Some(&[event, flags, d0, d1]) = payload.first_chunk::<4>() else { return };
        if digit_of(event).is_none() {
            return; // A tone or line signal of RFC 4734: not a key.
        }
        let end = flags & 0x80 != 0;
        let duration = u32::from(u16::from_be_bytes([d0, d1]));
        let older = |than: u32| timestamp.wrapping_sub(than).cast_signed() < 0;
        if self
            .ended
            .is_some_and(|(last, code)| (last == timestamp && code == event) || older(last))
        {
            return; // A repeated end, or a packet that was overtaken.
        }
        match &mut self.press {
            Some(press) if press.timestamp == timestamp && press.event == event => {
                press.duration = press.duration.max(duration);
                press.heard = now;
            }
            Some(press) if older(press.timestamp) => return,
            Some(press)
                if press.event == event && timestamp.wrapping_sub(press.timestamp) == SEGMENT =>
            {
                press.before = press.before.saturating_add(SEGMENT);
                press.timestamp = timestamp;
                press.duration = duration;
                press.heard = now;
            }
            _ => {
                // Another press begins: the end of the one before was lost.
                self.release().into_iter().for_each(&mut report);
                self.press = Some(Press { timestamp, event, before: 0, duration, heard: now });
            }
        }
        if end {
            self.release().into_iter().for_each(report);
        }
    }

    /// When a pressed key counts as released.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.press.map(|press| press.heard + LOST_END)
    }

    /// The key whose end is overdue.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Dtmf> {
        if self.deadline()? <= now { self.release() } else { None }
    }

    /// The sender began anew (SSRC change): its timestamps say nothing about the old ones.
    pub(crate) fn reset(&mut self) -> Option<Dtmf> {
        let key = self.release();
        self.ended = None;
        key
    }

    fn release(&mut self) -> Option<Dtmf> {
        let press = self.press.take()?;
        self.ended = Some((press.timestamp, press.event));
        press.key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (timestamp, event, end, duration) packets 20 ms apart, and the keys they make.
    fn keys(packets: &[(u32, u8, bool, u16)]) -> Vec<(char, u32)> {
        let mut receiver = Receiver::default();
        let mut now = Instant::now();
        let mut keys = Vec::new();
        for &(timestamp, event, end, duration) in packets {
            let [d0, d1] = duration.to_be_bytes();
            let payload = [event, 10 | (u8::from(end) << 7), d0, d1];
            receiver.packet(now, timestamp, &payload, |key| keys.push((key.digit, key.duration)));
            now += Duration::from_millis(20);
        }
        keys.extend(receiver.expire(now + LOST_END).map(|key| (key.digit, key.duration)));
        keys
    }

    #[test]
    fn a_press_is_reported_once_with_its_duration() {
        let packets = [
            (8, 5, false, 160),
            (8, 5, false, 320),
            (8, 5, true, 480),
            (8, 5, true, 480),
            (8, 5, true, 480),
        ];
        assert_eq!(keys(&packets), [('5', 480)]);
    }

    #[test]
    fn one_packet_is_enough_at_either_end() {
        assert_eq!(keys(&[(8, 11, true, 800)]), [('#', 800)], "start lost");
        assert_eq!(keys(&[(8, 10, false, 160)]), [('*', 160)], "ends lost");
    }

    #[test]
    fn the_next_press_ends_one_whose_end_was_lost() {
        assert_eq!(keys(&[(0, 1, false, 160), (900, 1, true, 480)]), [('1', 160), ('1', 480)]);
    }

    #[test]
    fn late_and_repeated_ends_are_no_further_press() {
        let packets =
            [(0, 1, true, 480), (4000, 2, true, 480), (0, 1, true, 480), (4000, 2, true, 480)];
        assert_eq!(keys(&packets), [('1', 480), ('2', 480)]);
    }

    #[test]
    fn a_reordered_update_does_not_shorten_the_press() {
        assert_eq!(
            keys(&[(0, 1, false, 640), (0, 1, false, 480), (0, 1, true, 800)]),
            [('1', 800)]
        );
    }

    #[test]
    fn timestamps_may_wrap() {
        assert_eq!(
            keys(&[(u32::MAX - 100, 1, true, 480), (700, 2, true, 480)]),
            [('1', 480), ('2', 480)]
        );
    }

    #[test]
    fn a_long_press_goes_on_in_the_next_segment() {
        let packets = [(0, 0, false, 0xffff), (0xffff, 0, false, 160), (0xffff, 0, true, 320)];
        assert_eq!(keys(&packets), [('0', 0xffff + 320)]);
    }

    #[test]
    fn what_is_no_key_is_ignored() {
        assert_eq!(keys(&[(0, 17, true, 100), (1, 255, true, 100)]), []);
        let mut receiver = Receiver::default();
        receiver
            .packet(Instant::now(), 0, &[1, 0x80, 0], |key| panic!("{key:?} of a short payload"));
    }
}
