//! Which stream is due in which millisecond.

/// Slots of 1 ms; more than twice the longest period (60 ms), so that none is met twice.
const SLOTS: usize = 128;

/// A wheel of streams, each due once a period.
#[derive(Debug)]
pub(super) struct Wheel {
    slots: Vec<Vec<u64>>,
    entries: usize,
    /// The number of the next slot, counted from the thread's start.
    next: u64,
}

impl Wheel {
    pub(super) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), entries: 0, next: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// The number of the next slot that somebody is due in.
    pub(super) fn next_due(&self) -> Option<u64> {
        if self.entries == 0 {
            return None;
        }
        (self.next..self.next + SLOTS as u64).find(|slot| !self.slot(*slot).is_empty())
    }

    /// Puts a stream that is due every `period` ms into the emptiest slot of the coming period.
    pub(super) fn join(&mut self, stream: u64, period: u64, now: u64) {
        if self.entries == 0 {
            self.next = now;
        }
        let begin = self.next.max(now);
        let period = period.clamp(1, SLOTS as u64 / 2);
        let emptiest = (begin..begin + period).min_by_key(|slot| self.slot(*slot).len());
        self.put(stream, emptiest.unwrap_or(begin));
    }

    /// Puts a stream that was due in `slot` there again one period later.
    pub(super) fn again(&mut self, stream: u64, slot: u64, period: u64) {
        self.put(stream, slot + period.clamp(1, SLOTS as u64 / 2));
    }

    /// The next slot up to `now`, with its streams; `into` is emptied first.
    pub(super) fn take(&mut self, now: u64, into: &mut Vec<u64>) -> Option<u64> {
        into.clear();
        let slot = self.next_due().filter(|slot| *slot <= now);
        let Some(slot) = slot else {
            self.next = self.next.max(now);
            return None;
        };
        if let Some(streams) = self.slots.get_mut(slot as usize % SLOTS) {
            std::mem::swap(streams, into);
        }
        self.entries -= into.len();
        self.next = slot + 1;
        Some(slot)
    }

    fn put(&mut self, stream: u64, slot: u64) {
        if let Some(streams) = self.slots.get_mut(slot as usize % SLOTS) {
            streams.push(stream);
            self.entries += 1;
        }
    }

    fn slot(&self, slot: u64) -> &[u64] {
        self.slots.get(slot as usize % SLOTS).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_spread_over_the_period_and_keep_their_slot() {
        let mut wheel = Wheel::new();
        (0..40).for_each(|stream| wheel.join(stream, 20, 1000));
        let mut due = Vec::new();
        for round in 0..3 {
            for slot in 0..20 {
                let number = 1000 + round * 20 + slot;
                assert_eq!(wheel.take(number, &mut due), Some(number));
                assert_eq!(due.len(), 2, "two streams in each slot");
                assert!(due.iter().all(|stream| stream % 20 == slot));
                due.iter().for_each(|stream| wheel.again(*stream, number, 20));
            }
        }
    }

    #[test]
    fn periods_may_differ() {
        let mut wheel = Wheel::new();
        wheel.join(1, 10, 0);
        wheel.join(2, 60, 0);
        let mut counts = [0; 3];
        let mut due = Vec::new();
        for now in 0..600 {
            while let Some(slot) = wheel.take(now, &mut due) {
                for stream in due.clone() {
                    counts[stream as usize] += 1;
                    wheel.again(stream, slot, if stream == 1 { 10 } else { 60 });
                }
            }
        }
        assert_eq!(counts, [0, 60, 10]);
    }

    #[test]
    fn who_is_late_gets_the_missed_slots_in_order() {
        let mut wheel = Wheel::new();
        wheel.join(7, 20, 100);
        let mut due = Vec::new();
        let slots: Vec<_> = std::iter::from_fn(|| {
            let slot = wheel.take(145, &mut due)?;
            due.iter().for_each(|stream| wheel.again(*stream, slot, 20));
            Some(slot)
        })
        .collect();
        assert_eq!(slots, [100, 120, 140]);
        assert_eq!(wheel.next_due(), Some(160));
        assert_eq!(wheel.len(), 1);
    }

    #[test]
    fn an_empty_wheel_follows_the_clock() {
        let mut wheel = Wheel::new();
        let mut due = Vec::new();
        assert_eq!(wheel.take(1_000_000, &mut due), None);
        assert_eq!(wheel.next_due(), None);
        wheel.join(1, 20, 1_000_000);
        assert_eq!(wheel.next_due(), Some(1_000_000));
    }
}
