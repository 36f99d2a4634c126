//! Being told of starts and ends.

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::ended::{Cost, EndedBy};
use crate::job::{Job, JobInfo};
use crate::sandbox::Sandbox;

/// Is told of every start and end; see [`Sandbox::observe`].
///
/// Called on the thread that starts, and on a guest thread: it must not block.
pub trait Observer: Send + Sync {
    /// A run has got its place; its instance is about to be built.
    fn started(&self, job: &JobInfo);
    /// A run is over and its instance gone; called before [`JobHandle::wait`] answers.
    ///
    /// [`JobHandle::wait`]: crate::JobHandle::wait
    fn ended(&self, job: &JobInfo, how: &Outcome, cost: &Cost);
}

/// How a run ended, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `returned`, the name of what the host reported ([`Job::failed`]), or [`EndedBy::name`].
    pub name: &'static str,
    /// What went wrong, if anything did.
    pub error: Option<String>,
}

impl Outcome {
    /// What became of a run: what ended it, else what was reported of it, else it returned.
    pub(crate) fn of(job: &Job, ended: Option<&EndedBy>) -> Self {
        match ended {
            Some(EndedBy::Exit { code: 0 }) => Self { name: "exit", error: None },
            Some(why) => Self { name: why.name(), error: Some(why.to_string()) },
            None => job.failure().unwrap_or(Self { name: "returned", error: None }),
        }
    }
}

/// Those who are told. Costs nothing while there are none.
#[derive(Default)]
pub(crate) struct Observers(RwLock<Vec<Arc<dyn Observer>>>);

impl Observers {
    pub(crate) fn started(&self, job: &Job) {
        let observers = self.0.read();
        if observers.is_empty() {
            return;
        }
        let info = job.info();
        observers.iter().for_each(|observer| observer.started(&info));
    }

    pub(crate) fn ended(&self, job: &Job, how: &Outcome, cost: &Cost) {
        let observers = self.0.read();
        if observers.is_empty() {
            return;
        }
        let info = job.info();
        observers.iter().for_each(|observer| observer.ended(&info, how, cost));
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Observers").field(&self.0.read().len()).finish()
    }
}

impl Sandbox {
    /// Tells `observer` of every start and end from now on, as long as the sandbox lives.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.inner.table.observers.0.write().push(observer);
    }
}
