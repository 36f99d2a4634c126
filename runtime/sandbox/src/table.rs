//! All jobs, and what became of the ended ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::ended::EndedBy;
use crate::job::{Job, JobInfo};

/// How often what happened, since the sandbox was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Jobs that live now.
    pub live: usize,
    /// Starts that wait for a slot now.
    pub waiting: u64,
    /// Jobs that were started.
    pub started: u64,
    /// Starts that were refused, by name: `capacity`, `closed`.
    pub refused: BTreeMap<&'static str, u64>,
    /// Jobs that ended, by [`EndedBy::name`]; `returned` for those that gave an answer.
    pub ended: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    jobs: Mutex<HashMap<Uuid, Arc<Job>>>,
    empty: Notify,
    pub(crate) waiting: AtomicU64,
    started: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    ended: Mutex<BTreeMap<&'static str, u64>>,
}

impl Table {
    /// Lists the job until the answer is dropped.
    pub(crate) fn add(self: &Arc<Self>, job: Arc<Job>) -> Listed {
        self.started.fetch_add(1, Ordering::Relaxed);
        self.jobs.lock().insert(job.id, Arc::clone(&job));
        Listed { table: Arc::clone(self), id: job.id, how: None }
    }

    pub(crate) fn refuse(&self, name: &'static str) {
        *self.refused.lock().entry(name).or_default() += 1;
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<Arc<Job>> {
        self.jobs.lock().get(&id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Job>> {
        self.jobs.lock().values().cloned().collect()
    }

    /// Copies for lists, oldest first.
    pub(crate) fn infos(&self) -> Vec<JobInfo> {
        // The copies are made outside the lock, so that a long list holds up no start.
        let mut jobs = self.all();
        jobs.sort_by_key(|job| (job.origin, job.id));
        jobs.iter().map(|job| job.info()).collect()
    }

    pub(crate) async fn emptied(&self) {
        let mut empty = std::pin::pin!(self.empty.notified());
        loop {
            // Registered before the look, so that an end between the two is not missed.
            empty.as_mut().enable();
            if self.jobs.lock().is_empty() {
                return;
            }
            empty.as_mut().await;
            empty.set(self.empty.notified());
        }
    }

    pub(crate) fn statistics(&self) -> Statistics {
        Statistics {
            live: self.jobs.lock().len(),
            waiting: self.waiting.load(Ordering::Relaxed),
            started: self.started.load(Ordering::Relaxed),
            refused: self.refused.lock().clone(),
            ended: self.ended.lock().clone(),
        }
    }
}

/// A job's place in the table; taken out when dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Listed {
    table: Arc<Table>,
    id: Uuid,
    how: Option<&'static str>,
}

impl Listed {
    /// Says how it ended; without it the job counts as `sandbox-gone`.
    pub(crate) fn ended(&mut self, how: &'static str) {
        self.how = Some(how);
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let how = self.how.unwrap_or(EndedBy::SandboxGone.name());
        *self.table.ended.lock().entry(how).or_default() += 1;
        let mut jobs = self.table.jobs.lock();
        jobs.remove(&self.id);
        if jobs.is_empty() {
            self.table.empty.notify_waiters();
        }
    }
}
