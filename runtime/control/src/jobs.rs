//! The jobs (`bgapi`) of one connection that run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many run, and who waits for their end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    running: AtomicUsize,
    done: Notify,
}

/// A job that runs, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Job(Arc<Inner>);

impl Jobs {
    /// One more, unless `limit` run.
    pub(crate) fn start(&self, limit: usize) -> Option<Job> {
        // Only the connection itself starts jobs, so nothing comes in between.
        if self.0.running.load(Ordering::Acquire) >= limit {
            return None;
        }
        self.0.running.fetch_add(1, Ordering::AcqRel);
        Some(Job(Arc::clone(&self.0)))
    }

    /// Waits until none runs.
    pub(crate) async fn done(&self) {
        loop {
            let done = self.0.done.notified();
            tokio::pin!(done);
            done.as_mut().enable();
            if self.0.running.load(Ordering::Acquire) == 0 {
                return;
            }
            done.await;
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.done.notify_waiters();
        }
    }
}
