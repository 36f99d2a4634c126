//! Jobs that have ended: the last ones are remembered, for those who ask a moment too late.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    pin::pin,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use ringfence_sandbox::{Cost, JobInfo, Observer, Outcome, Sandbox};
use tokio::sync::Notify;
use uuid::Uuid;

/// How many are remembered; some 200 bytes each.
const REMEMBERED: usize = 1_000;
/// What is remembered of an error, in bytes: its first line, mostly.
const ERROR: usize = 512;

/// A job that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) id: Uuid,
    pub(crate) script: Arc<str>,
    /// `returned`, `error`, or why it was ended.
    pub(crate) name: &'static str,
    pub(crate) error: Option<String>,
    pub(crate) wall: Duration,
}

/// The last jobs that ended. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct EndedJobs(Arc<Inner>);

#[derive(Default)]
struct Inner {
    jobs: Mutex<Jobs>,
    one: Notify,
}

#[derive(Default)]
struct Jobs {
    /// Told of their start, and not yet of their end.
    live: HashSet<Uuid>,
    /// The oldest first.
    past: VecDeque<Past>,
}

impl EndedJobs {
    /// Remembers what ends in a sandbox from now on.
    pub(crate) fn of_sandbox(sandbox: &Sandbox) -> Self {
        let ended = Self::default();
        sandbox.observe(Arc::new(Listening(Arc::downgrade(&ended.0))));
        ended
    }

    /// The ended job of that id, if it is remembered.
    pub(crate) fn of(&self, id: Uuid) -> Option<Past> {
        self.find(|past| past.id == id)
    }

    /// The last of the remembered ones for which `which` holds.
    pub(crate) fn find(&self, which: impl Fn(&Past) -> bool) -> Option<Past> {
        self.0.jobs.lock().past.iter().rev().find(|past| which(past)).cloned()
    }

    /// Waits until a job has ended.
    pub(crate) async fn wait(&self, sandbox: &Sandbox, id: Uuid) {
        let mut one = pin!(self.0.one.notified());
        loop {
            // Registered before the look, so that an end between the two is not missed.
            one.as_mut().enable();
            // The table has it before its start is told here, and not any more when its end is.
            if sandbox.job(id).is_none() && !self.0.jobs.lock().live.contains(&id) {
                return;
            }
            one.as_mut().await;
            one.set(self.0.one.notified());
        }
    }
}

impl fmt::Debug for EndedJobs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("EndedJobs").field(&self.0.jobs.lock().past.len()).finish()
    }
}

/// What the sandbox keeps; it does not keep the memory alive.
struct Listening(Weak<Inner>);

impl Observer for Listening {
    fn started(&self, job: &JobInfo) {
        if let Some(inner) = self.0.upgrade() {
            inner.jobs.lock().live.insert(job.id);
        }
    }

    fn ended(&self, job: &JobInfo, how: &Outcome, cost: &Cost) {
        let Some(inner) = self.0.upgrade() else { return };
        let error = how.error.as_deref().map(|error| {
            let line = error.lines().next().unwrap_or_default();
            line.get(..line.floor_char_boundary(ERROR)).unwrap_or_default().to_owned()
        });
        let past = Past {
            id: job.id,
            script: Arc::clone(&job.script),
            name: how.name,
            error,
            wall: cost.wall,
        };
        {
            let mut jobs = inner.jobs.lock();
            jobs.live.remove(&job.id);
            if jobs.past.len() >= REMEMBERED {
                jobs.past.pop_front();
            }
            jobs.past.push_back(past);
        }
        inner.one.notify_waiters();
    }
}
