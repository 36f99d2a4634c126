//! Wall-clock time that stands still when tokio's clock does.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Tells what time it is.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The operating system's clock; follows its corrections.
    System,
    /// A fixed start and what has passed on tokio's clock since.
    Simulated {
        /// The time at `origin`.
        start: SystemTime,
        /// When the simulation began.
        origin: Instant,
    },
}

impl Clock {
    /// A clock that says `start` now and advances with tokio's (paused) clock.
    ///
    /// # Panics
    ///
    /// Never; outside a runtime tokio's clock is the real one.
    #[must_use]
    pub fn simulated(start: SystemTime) -> Self {
        Self::Simulated { start, origin: Instant::now() }
    }

    /// The wall-clock time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        match self {
            Self::System => SystemTime::now(),
            Self::Simulated { start, origin } => *start + origin.elapsed(),
        }
    }

    /// Time since 1970; zero when the system's clock is set before that.
    #[must_use]
    pub fn since_epoch(&self) -> Duration {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_simulated_clock_advances_with_tokio() {
        let start = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let clock = Clock::simulated(start);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(clock.since_epoch().as_secs(), 1_003_600);
    }
}
