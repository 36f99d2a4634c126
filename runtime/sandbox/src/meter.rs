//! What a guest used between two looks: processor time, host calls.
//!
//! Looked at after each poll, which lasts a tick at most: a host call itself costs nothing for it.

use std::time::Duration;

use tokio::time::Instant;

use crate::ended::EndedBy;
use crate::job::Job;

/// One run's account.
#[derive(Debug)]
pub(crate) struct Meter {
    /// Host calls that were seen.
    calls: u64,
    /// Processor time since a look that saw a host call.
    burst: Duration,
    /// Host calls that it may still make, as of `filled`; below zero it has made too many.
    bucket: f64,
    filled: Instant,
    /// The same on the system's clock. In a simulation a guest computes in no time: there the one
    /// clock stands still while it makes calls, and the other while it waits.
    filled_really: std::time::Instant,
}

impl Meter {
    pub(crate) fn new(job: &Job) -> Self {
        Self {
            calls: 0,
            burst: Duration::ZERO,
            bucket: job.profile.host_calls.map_or(0.0, f64::from),
            filled: Instant::now(),
            filled_really: std::time::Instant::now(),
        }
    }

    /// Accounts for a poll that took `cpu`; `sum` is all that the run took so far.
    pub(crate) fn look(&mut self, job: &Job, cpu: Duration, sum: Duration) -> Option<EndedBy> {
        if let Some(limit) = job.profile.cpu
            && sum >= limit
        {
            return Some(EndedBy::CpuLimit { limit });
        }
        let before = std::mem::replace(&mut self.calls, job.host_calls());
        let made = self.calls - before;
        if let Some(limit) = job.profile.burst {
            self.burst = if made == 0 { self.burst + cpu } else { Duration::ZERO };
            if self.burst >= limit {
                return Some(EndedBy::BurstLimit { limit });
            }
        }
        match job.profile.host_calls {
            Some(limit) if made > 0 => self.draw(made, limit),
            _ => None,
        }
    }

    /// Takes `made` calls out of the bucket, after it was filled for the time that went by.
    fn draw(&mut self, made: u64, limit: u32) -> Option<EndedBy> {
        let (now, really) = (Instant::now(), std::time::Instant::now());
        let passed = now.saturating_duration_since(self.filled);
        let passed = passed.max(really.saturating_duration_since(self.filled_really));
        (self.filled, self.filled_really) = (now, really);
        let most = f64::from(limit);
        self.bucket = (self.bucket + passed.as_secs_f64() * most).min(most) - made as f64;
        (self.bucket < 0.0).then_some(EndedBy::HostCallLimit { limit })
    }
}
