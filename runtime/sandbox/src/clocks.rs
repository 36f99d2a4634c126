//! The clocks that a guest sees: the run's wall clock, and tokio's.
//!
//! On a paused tokio clock both stand still with it, so that `os.time()` and timers in a simulation
//! agree with the simulated call.

use std::time::Duration;

use ringfence_rim::Clock;
use tokio::time::Instant;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// What the guest is told its clocks can resolve.
const RESOLUTION: Duration = Duration::from_nanos(1);

pub(crate) struct Wall(pub(crate) Clock);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        RESOLUTION
    }

    fn now(&self) -> Duration {
        self.0.since_epoch()
    }
}

/// Nanoseconds since the run started.
pub(crate) struct Monotonic(pub(crate) Instant);

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        RESOLUTION.subsec_nanos().into()
    }

    fn now(&self) -> u64 {
        // 584 years fit.
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
