//! Waiting for a condition instead of for a time.

use std::time::{Duration, Instant};

/// How long a condition may take. Far more than it needs on a loaded machine: only a failing test
/// waits this long.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Asks `condition` until it answers, and fails the test with `what` at the deadline.
pub fn eventually<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, what, condition)
}

/// The same with a deadline of its own.
pub fn within<T>(deadline: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = condition() {
            return answer;
        }
        assert!(start.elapsed() < deadline, "waited {deadline:?} in vain for: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
