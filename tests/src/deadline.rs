//! Waiting for a condition instead of for a time.

use std::time::{Duration, Instant};

/// How long a condition may take. Far more than it needs on a loaded machine: only a failing test
/// waits this long.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Asks `condition` until it answers, and fails the test with `what` at the deadline.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = condition() {
            return answer;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
