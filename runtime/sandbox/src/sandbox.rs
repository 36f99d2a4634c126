//! The sandbox itself: engine, threads, job table.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use uuid::Uuid;

use crate::cache::Cache;
use crate::config::Config;
use crate::ended::EndedBy;
use crate::environment;
use crate::job::{Job, JobInfo};
use crate::pools::{Current, Pools};
use crate::statistics::{ScriptStatistics, Statistics};
use crate::table::Table;
use crate::threads::Threads;
use crate::ticker::Ticker;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error("sandbox: {0}")]
    Config(String),
    /// wasmtime refuses its settings, or the address space does not hold so many instances.
    #[error("sandbox: cannot make room for {instances} guests: {why}")]
    Engine {
        /// How many were asked for.
        instances: u32,
        /// What wasmtime said.
        why: String,
    },
    /// No threads.
    #[error("sandbox: cannot start its threads: {0}")]
    Threads(#[from] std::io::Error),
}

/// Runs guests. Clones are the same sandbox.
///
/// When the last clone is dropped, its threads end and all guests on them as `sandbox-gone`.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) pools: Current,
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) table: Arc<Table>,
    pub(crate) closed: AtomicBool,
    place: Place,
}

/// Where guests run.
enum Place {
    Own(Threads),
    Given(Handle),
}

impl Inner {
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        match &self.place {
            Place::Own(threads) => threads.spawn(work),
            Place::Given(runtime) => drop(runtime.spawn(work)),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.table.end_where(|_| true, &EndedBy::SandboxGone);
    }
}

impl Sandbox {
    /// A sandbox with threads of its own, named `guest-0`, `guest-1` …
    ///
    /// # Errors
    ///
    /// When the configuration makes no sense, or the system has no room or no threads.
    pub fn new(config: Config) -> Result<Self, StartError> {
        if config.workers == 0 {
            return Err(StartError::Config("workers is 0; at least 1 is needed".into()));
        }
        let threads = Threads::start(&config)?;
        Self::build(config, Place::Own(threads))
    }

    /// A sandbox that runs guests on a given runtime, for simulations: on a paused clock virtual
    /// time stands still while a guest computes. `Config::workers` and `nice` are not used.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn on(config: Config, runtime: Handle) -> Result<Self, StartError> {
        Self::build(config, Place::Given(runtime))
    }

    fn build(config: Config, place: Place) -> Result<Self, StartError> {
        if config.instances == 0 {
            return Err(StartError::Config("instances is 0; at least 1 is needed".into()));
        }
        if config.tick.is_zero() {
            return Err(StartError::Config("tick is 0; a guest needs some time to run".into()));
        }
        for warning in environment::check(&config) {
            tracing::warn!("{warning}");
        }
        let ticker = Arc::new(Ticker::start(config.tick)?);
        let pools = Pools::new(&config, &ticker).map_err(|error| StartError::Engine {
            instances: config.instances,
            why: format!("{error:#}"),
        })?;
        let inner = Inner {
            pools: Current::new(pools),
            ticker,
            cache: Arc::new(Cache::new(config.cache.clone())),
            table: Arc::default(),
            closed: AtomicBool::new(false),
            place,
            config,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// All running guests, oldest first. Cheap enough to be asked every second for 10,000 jobs.
    #[must_use]
    pub fn jobs(&self) -> Vec<JobInfo> {
        self.inner.table.infos()
    }

    /// The job with this id, while it runs.
    #[must_use]
    pub fn job(&self, id: Uuid) -> Option<Arc<Job>> {
        self.inner.table.find(id)
    }

    /// Ends a run ([`Job::kill`]); false when there is none with this id or it was ending already.
    pub fn kill(&self, id: Uuid, reason: impl Into<String>) -> bool {
        self.job(id).is_some_and(|job| job.kill(reason))
    }

    /// Ends all runs that live now; answers how many.
    pub fn kill_all(&self, reason: &str) -> usize {
        self.kill_where(|_| true, reason)
    }

    /// Ends all chosen runs that live now; answers how many. What they are about to start is
    /// refused as `ending`, so that a family that keeps starting itself ends too.
    ///
    /// `chosen` is asked under the table's lock: it must be quick, and ask the sandbox nothing.
    pub fn kill_where(&self, chosen: impl Fn(&Job) -> bool, reason: &str) -> usize {
        self.inner.table.end_where(chosen, &EndedBy::Killed { reason: reason.to_owned() })
    }

    /// Refuses new runs as `closed` from now on; running ones go on.
    pub fn close(&self) {
        self.inner.closed.store(true, Ordering::Relaxed);
    }

    /// Takes new runs again after [`close`](Self::close).
    pub fn open(&self) {
        self.inner.closed.store(false, Ordering::Relaxed);
    }

    /// Waits until no job is left.
    pub async fn idle(&self) {
        self.inner.table.emptied().await;
    }

    /// How often what happened.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.inner.table.statistics()
    }

    /// What became of the runs of each version of each script.
    #[must_use]
    pub fn script_statistics(&self) -> Vec<ScriptStatistics> {
        self.inner.table.scripts()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sandbox").field("config", &self.inner.config).finish_non_exhaustive()
    }
}
