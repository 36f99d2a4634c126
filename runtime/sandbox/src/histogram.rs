//! How long runs took, in a few hundred numbers.

use std::time::Duration;

/// Buckets for each doubling: a quantile is off by 9 % at most.
const PER_OCTAVE: usize = 8;
/// The first bucket ends here, in nanoseconds, as a power of two: a microsecond.
const FIRST: u32 = 10;
/// Doublings from there: to twenty hours, and more in the last bucket.
const OCTAVES: usize = 36;

/// Counts durations by size.
#[derive(Clone, Debug)]
pub(crate) struct Histogram(Box<[u32; PER_OCTAVE * OCTAVES]>);

impl Default for Histogram {
    fn default() -> Self {
        Self(Box::new([0; PER_OCTAVE * OCTAVES]))
    }
}

impl Histogram {
    pub(crate) fn add(&mut self, time: Duration) {
        if let Some(count) = self.0.get_mut(bucket(time)) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds all that another one counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0.iter()) {
            *count = count.saturating_add(*more);
        }
    }

    /// What `percent` of the durations do not exceed, to the end of its bucket; zero without any.
    pub(crate) fn quantile(&self, percent: u64) -> Duration {
        let total: u64 = self.0.iter().map(|count| u64::from(*count)).sum();
        let mut wanted = (total * percent).div_ceil(100);
        for (bucket, count) in self.0.iter().enumerate() {
            let count = u64::from(*count);
            if count >= wanted && count > 0 {
                return end(bucket);
            }
            wanted = wanted.saturating_sub(count);
        }
        Duration::ZERO
    }
}

/// Eight buckets of equal width from each power of two to the next.
fn bucket(time: Duration) -> usize {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1 << FIRST);
    let octave = nanoseconds.ilog2() - FIRST;
    let within = (nanoseconds >> (octave + FIRST - PER_OCTAVE.ilog2())) as usize % PER_OCTAVE;
    (octave as usize * PER_OCTAVE + within).min(PER_OCTAVE * OCTAVES - 1)
}

/// Where a bucket ends.
fn end(bucket: usize) -> Duration {
    let start = 1u64 << (bucket / PER_OCTAVE + FIRST as usize);
    let width = start / PER_OCTAVE as u64;
    Duration::from_nanos(start + width * (bucket % PER_OCTAVE + 1) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_nine_percent() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(50), Duration::ZERO);
        (1..=1_000).for_each(|number| histogram.add(Duration::from_micros(number * 10)));
        for (percent, exact) in [(50, 5_000.0), (99, 9_900.0), (100, 10_000.0)] {
            let found = histogram.quantile(percent).as_nanos() as f64 / 1_000.0;
            assert!(found >= exact && found <= exact * 1.13, "{percent}: {found} for {exact}");
        }
    }

    #[test]
    fn the_smallest_and_the_largest_have_a_bucket() {
        let mut histogram = Histogram::default();
        histogram.add(Duration::ZERO);
        assert!(histogram.quantile(100) <= Duration::from_micros(2));
        histogram.add(Duration::MAX);
        assert!(histogram.quantile(100) >= Duration::from_secs(3_600));
    }

    #[test]
    fn merged_is_as_if_counted_together() {
        let mut one = Histogram::default();
        let mut other = Histogram::default();
        one.add(Duration::from_millis(1));
        other.add(Duration::from_secs(1));
        one.merge(&other);
        assert!(one.quantile(50) < Duration::from_millis(2));
        assert!(one.quantile(99) >= Duration::from_secs(1));
    }
}
