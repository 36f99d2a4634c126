//! Moments brought into the order of time while they come.

use std::time::Duration;

use crate::ear::GAP;
use crate::timeline::Moment;

/// How late a moment may be told: the ear waits [`GAP`] before it says that a sound is over, and
/// what it says reaches us with the next packet or timer.
const LATE: Duration = Duration::from_millis(100);

/// Holds moments back until no earlier one can come.
#[derive(Debug, Default)]
pub struct InOrder {
    waiting: Vec<Moment>,
}

impl InOrder {
    /// Takes a moment.
    pub fn push(&mut self, moment: Moment) {
        // Moments of the same time keep the order in which they were told.
        let position = self.waiting.partition_point(|other| other.at <= moment.at);
        self.waiting.insert(position, moment);
    }

    /// What can be shown when it is `now`.
    pub fn ready(&mut self, now: Duration) -> Vec<Moment> {
        let count = self.waiting.partition_point(|moment| moment.at + GAP + LATE <= now);
        self.waiting.drain(..count).collect()
    }

    /// Everything that is left.
    #[must_use]
    pub fn finish(self) -> Vec<Moment> {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Happening;

    #[test]
    fn a_late_moment_comes_before_a_later_one() {
        let key = |ms, key| Moment::new(Duration::from_millis(ms), Happening::Key { key });
        let mut order = InOrder::default();
        order.push(key(1000, '1'));
        order.push(key(1000, '2'));
        order.push(key(500, '3'));
        assert_eq!(order.ready(Duration::from_millis(1100)), []);
        assert_eq!(order.ready(Duration::from_millis(1200)), [key(500, '3')]);
        assert_eq!(order.finish(), [key(1000, '1'), key(1000, '2')]);
    }
}
