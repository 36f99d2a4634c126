//! A histogram of microseconds that one thread writes and anybody reads.

use std::sync::atomic::{AtomicU64, Ordering};

/// Steps in each power of two: values are exact to 1/16.
const STEPS: usize = 16;
/// Values up to 2^24 µs (16 s); longer ones count as that.
const POWERS: usize = 24;

/// Counts by value.
#[derive(Debug)]
pub(crate) struct Histogram {
    counts: Box<[AtomicU64]>,
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        let counts = (0..POWERS * STEPS).map(|_| AtomicU64::new(0)).collect();
        Self { counts, max: AtomicU64::new(0) }
    }
}

impl Histogram {
    pub(crate) fn note(&self, micros: u64) {
        if let Some(count) = self.counts.get(place(micros)) {
            super::add(count, 1);
        }
        if micros > self.max.load(Ordering::Relaxed) {
            self.max.store(micros, Ordering::Relaxed);
        }
    }

    pub(crate) fn max(&self) -> u64 {
        self.max.load(Ordering::Relaxed)
    }

    /// The smallest value that `share` (0 to 1) of all values of these histograms do not exceed.
    pub(crate) fn quantile<'a>(all: impl Iterator<Item = &'a Self> + Clone, share: f64) -> u64 {
        let sum = |place: usize| -> u64 {
            let counts = all.clone().filter_map(|histogram| histogram.counts.get(place));
            counts.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        let total: u64 = (0..POWERS * STEPS).map(sum).sum();
        let wanted = (total as f64 * share).ceil() as u64;
        let mut seen = 0;
        (0..POWERS * STEPS)
            .find(|place| {
                seen += sum(*place);
                seen >= wanted
            })
            .filter(|_| total > 0)
            .map_or(0, upper)
    }
}

/// Below 16 each value has its place; above, each 1/16 of a power of two.
fn place(micros: u64) -> usize {
    if micros < STEPS as u64 {
        return micros as usize;
    }
    let power = micros.ilog2() as usize;
    let step = (micros >> (power - 4)) as usize & (STEPS - 1);
    ((power - 3) * STEPS + step).min(POWERS * STEPS - 1)
}

/// The largest value of a place.
fn upper(place: usize) -> u64 {
    if place < STEPS {
        return place as u64;
    }
    let power = place / STEPS + 3;
    let step = (place % STEPS) as u64;
    ((STEPS as u64 + step + 1) << (power - 4)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_place() {
        for micros in (0..5000).chain([65_535, 65_536, 1_000_000, 16_000_000]) {
            let place = place(micros);
            assert!(upper(place) >= micros, "{micros}");
            assert!(place == 0 || upper(place - 1) < micros, "{micros}");
            assert!(upper(place) <= micros + micros / 16 + 1, "{micros}");
        }
        assert_eq!(place(u64::MAX), POWERS * STEPS - 1);
    }

    #[test]
    fn quantiles_are_of_all_histograms_together() {
        let (a, b) = (Histogram::default(), Histogram::default());
        assert_eq!(Histogram::quantile([&a].into_iter(), 0.5), 0, "empty");
        (0..90).for_each(|_| a.note(3));
        (0..10).for_each(|_| b.note(1000));
        let quantile = |share| Histogram::quantile([&a, &b].into_iter(), share);
        assert_eq!(quantile(0.5), 3);
        assert_eq!(quantile(0.9), 3);
        assert!((1000..1064).contains(&quantile(0.99)));
        assert_eq!(b.max(), 1000);
    }
}
