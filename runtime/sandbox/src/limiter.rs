//! The account of a guest's memory and tables.

use std::sync::Arc;

use wasmtime::{ResourceLimiter, Result};

use crate::job::Job;

/// Refuses growth beyond the profile. What counts is the sum over all memories of the instance,
/// the collector's heap included.
#[derive(Debug)]
pub(crate) struct Limiter {
    job: Arc<Job>,
    used: usize,
    elements: usize,
    /// The growth that was granted last, in case the allocator cannot do it.
    granted: usize,
    refused: bool,
}

impl Limiter {
    pub(crate) fn new(job: Arc<Job>) -> Self {
        Self { job, used: 0, elements: 0, granted: 0, refused: false }
    }

    /// True when the guest was refused memory and has got none since.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let growth = desired.saturating_sub(current);
        let sum = self.used.saturating_add(growth);
        let fits = sum <= self.job.profile.memory && maximum.is_none_or(|most| desired <= most);
        self.refused = !fits;
        self.granted = if fits { growth } else { 0 };
        if fits {
            self.used = sum;
            self.job.use_memory(sum);
        }
        Ok(fits)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.used = self.used.saturating_sub(self.granted);
        self.granted = 0;
        self.refused = true;
        self.job.use_memory(self.used);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let sum = self.elements.saturating_add(desired.saturating_sub(current));
        let fits = sum <= self.job.profile.table && maximum.is_none_or(|most| desired <= most);
        if fits {
            self.elements = sum;
        }
        Ok(fits)
    }
}
