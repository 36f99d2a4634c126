//! Starting a run and waiting for it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use ringfence_rim::Clock;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;
use tracing::field::display;
use uuid::Uuid;
use wasmtime::Store;
use wasmtime::component::Instance;

use crate::ended::{Ended, EndedBy};
use crate::guest::{self, Guest};
use crate::job::{Identity, Job};
use crate::observer::Outcome;
use crate::output::{Log, Output};
use crate::owner::Owner;
use crate::pools::Pools;
use crate::profile::Profile;
use crate::refusal::{Refusal, StartRefused};
use crate::sandbox::Sandbox;
use crate::state::State;
use crate::supervise::{self, Stopped, classify, supervise};
use crate::table::Listed;
use crate::ticker::Ticker;

/// The call of a guest's export, as the starter's closure makes it.
pub type Calling<'a, R> = supervise::Guest<'a, R>;

/// What to run, for whom, under which profile.
pub struct Run<T> {
    /// The script as it was named; for lists and logs.
    pub script: Arc<str>,
    /// The script's version, if known.
    pub version: Option<Arc<str>>,
    /// For whom it runs; a run with a parent has its parent's owner instead.
    pub owner: Owner,
    /// The run that starts it, if one does.
    pub parent: Option<Arc<Job>>,
    /// The uuid of the call it serves.
    pub call: Option<String>,
    /// What it is granted.
    pub profile: Arc<Profile>,
    /// Lent to the run; comes back in [`Ended::host`].
    pub host: T,
    /// The wall clock it sees.
    pub clock: Clock,
    /// Where its output goes.
    pub output: Arc<dyn Output>,
}

impl<T> Run<T> {
    /// A run for nobody's call, on the system's clock, that prints to the log.
    pub fn new(script: impl Into<Arc<str>>, profile: Arc<Profile>, host: T) -> Self {
        Self {
            script: script.into(),
            version: None,
            owner: Owner::new("nobody", ""),
            parent: None,
            call: None,
            profile,
            host,
            clock: Clock::System,
            output: Arc::new(Log),
        }
    }
}

/// A run that was started.
///
/// Dropping the handle leaves the run alone, unless [`kill_on_drop`](Self::kill_on_drop) was said.
#[derive(Debug)]
pub struct JobHandle<T, R> {
    job: Arc<Job>,
    ended: oneshot::Receiver<Ended<T, R>>,
    kill_on_drop: bool,
}

impl<T, R> JobHandle<T, R> {
    /// The job's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.job.id
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// Ends the run ([`Job::kill`]).
    pub fn kill(&self, reason: impl Into<String>) -> bool {
        self.job.kill(reason)
    }

    /// From now on the run ends as `killed` when the handle is dropped before it.
    #[must_use]
    pub fn kill_on_drop(mut self) -> Self {
        self.kill_on_drop = true;
        self
    }

    /// Waits for the end. Can be cancelled and called again; gives the answer once.
    pub async fn wait(&mut self) -> Ended<T, R> {
        match (&mut self.ended).await {
            Ok(ended) => ended,
            Err(_) => Ended {
                id: self.job.id,
                result: Err(EndedBy::SandboxGone),
                host: None,
                cost: self.job.cost(),
                at: self.job.place(),
            },
        }
    }
}

impl<T, R> Drop for JobHandle<T, R> {
    fn drop(&mut self) {
        if self.kill_on_drop {
            self.job.kill("nobody waits for it any more");
        }
    }
}

impl Sandbox {
    /// Starts a run: builds an instance of the guest and lets `body` call its export.
    ///
    /// Waits for a slot at most as long as the configuration says; the rest happens on the guest
    /// threads. `body` gets the store and the instance, and is best written in place; with `bindgen!`:
    /// `|store, instance| Box::pin(async move { World::new(&mut *store, &instance)?.call_run(store, …).await })`.
    /// Deadlines and kill hold from the start: a start function that never returns is ended too.
    ///
    /// # Errors
    ///
    /// `capacity` when no slot came free in time, `closed` after [`close`](Self::close). What was to
    /// be lent comes back.
    pub async fn start<T, R, F>(
        &self,
        guest: &Guest<T>,
        run: Run<T>,
        body: F,
    ) -> Result<JobHandle<T, R>, StartRefused<T>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: for<'a> FnOnce(&'a mut Store<State<T>>, Instance) -> Calling<'a, R> + Send + 'static,
    {
        let admitted = match self.admit(guest, &run).await {
            Ok(admitted) => admitted,
            Err(why) => {
                self.inner.table.refuse(why.name());
                tracing::warn!(
                    call = run.call.as_deref().map(display),
                    script = &*run.script,
                    "the script is not started: {why}"
                );
                return Err(StartRefused { why, host: run.host });
            }
        };
        let Admitted { job, listed, place } = admitted;
        let Run { host, clock, output, .. } = run;
        let (ended, receiver) = oneshot::channel();
        let task = Task {
            ticker: Arc::clone(&self.inner.ticker),
            guest: guest.clone(),
            job: Arc::clone(&job),
            listed,
            place,
            stack: self.inner.config.stack,
            clock,
            output,
        };
        self.inner.spawn(async move {
            let end = task.run(host, body).await;
            // The starter may have gone; then what was lent is dropped here.
            let _ = ended.send(end);
        });
        Ok(JobHandle { job, ended: receiver, kill_on_drop: false })
    }

    /// Everything that can refuse a run; its place among the jobs.
    async fn admit<T: Send + 'static>(
        &self,
        guest: &Guest<T>,
        run: &Run<T>,
    ) -> Result<Admitted, Refusal> {
        let id = Uuid::new_v4();
        let parent = run.parent.as_ref();
        let ancestors = ancestors(parent)?;
        let (owner, of_owner) = owner(run, id);
        let reserved =
            self.inner.table.reserve(&run.script, run.profile.of_script, &owner, of_owner)?;
        if run.profile.fuel.is_some() {
            let made = guest.fueled().await;
            made.map_err(|error| Refusal::StartFailed { why: error.to_string() })?;
        }
        let place = self.place(guest.pools()).await?;
        let job = Arc::new(Job::new(Identity {
            id,
            script: Arc::clone(&run.script),
            version: run.version.clone(),
            guest: Arc::clone(guest.name()),
            owner,
            call: run.call.clone(),
            profile: Arc::clone(&run.profile),
            ancestors,
            of_owner,
            started: run.clock.now(),
        }));
        let listed = self.inner.table.add(&job, parent, reserved)?;
        Ok(Admitted { job, listed, place })
    }

    async fn place(&self, pools: &Pools) -> Result<OwnedSemaphorePermit, Refusal> {
        let closed = || self.inner.closed.load(Ordering::Relaxed);
        if closed() {
            return Err(Refusal::Closed);
        }
        let places = || Arc::clone(&pools.places);
        if let Ok(place) = places().try_acquire_owned() {
            return Ok(place);
        }
        let instances = self.inner.config.instances;
        let table = &self.inner.table;
        // As many may wait as may run; more would only wait in vain.
        if table.waiting.fetch_add(1, Ordering::Relaxed) >= u64::from(instances) {
            table.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(Refusal::Capacity { instances });
        }
        let _waiting = Waiting(&table.waiting);
        match timeout(self.inner.config.patience, places().acquire_owned()).await {
            Ok(Ok(place)) if !closed() => Ok(place),
            // The semaphore is never closed; a place after `close` goes back.
            Ok(_) => Err(Refusal::Closed),
            Err(_) => Err(Refusal::Capacity { instances }),
        }
    }
}

/// The live runs that a run of `parent` would run within, the innermost first.
fn ancestors(parent: Option<&Arc<Job>>) -> Result<Vec<Weak<Job>>, Refusal> {
    let Some(parent) = parent else { return Ok(Vec::new()) };
    let above = parent.ancestors.iter().filter_map(Weak::upgrade);
    let live = std::iter::once(Arc::clone(parent)).chain(above).filter(|job| !job.is_over());
    let mut ancestors = Vec::new();
    for (job, within) in live.zip(2..) {
        let limit = job.profile.nested;
        if within > limit {
            return Err(Refusal::Nested { limit });
        }
        ancestors.push(Arc::downgrade(&job));
    }
    Ok(ancestors)
}

/// For whom a run counts, and how many may.
fn owner<T>(run: &Run<T>, id: Uuid) -> (Arc<Owner>, Option<u32>) {
    let own = run.profile.of_owner;
    match &run.parent {
        // What it starts can be granted no more than itself.
        Some(parent) => {
            let smallest = [own, parent.of_owner].into_iter().flatten().min();
            (Arc::clone(&parent.owner), smallest)
        }
        None if run.owner.name.is_empty() => {
            (Arc::new(Owner::new(run.owner.kind, id.to_string())), own)
        }
        None => (Arc::new(run.owner.clone()), own),
    }
}

/// A run that has its place.
struct Admitted {
    job: Arc<Job>,
    listed: Listed,
    place: OwnedSemaphorePermit,
}

/// Counts a waiting start, also when it is given up.
struct Waiting<'a>(&'a std::sync::atomic::AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A started run.
struct Task<T: 'static> {
    /// Not the sandbox: its own tasks must not keep it alive.
    ticker: Arc<Ticker>,
    guest: Guest<T>,
    job: Arc<Job>,
    listed: Listed,
    place: OwnedSemaphorePermit,
    /// What the guest has of it, in bytes.
    stack: usize,
    clock: Clock,
    output: Arc<dyn Output>,
}

impl<T: Send + 'static> Task<T> {
    async fn run<R, F>(self, host: T, body: F) -> Ended<T, R>
    where
        R: Send + 'static,
        F: for<'a> FnOnce(&'a mut Store<State<T>>, Instance) -> Calling<'a, R> + Send + 'static,
    {
        let Self { ticker, guest, job, listed, place, stack, clock, output } = self;
        let mut host = Some(host);
        let mut slot = None;
        let mut store: Option<Store<State<T>>> = None;
        let guest_call = Box::pin(async {
            let profile = &job.profile;
            let directories = profile.opened.open(&profile.name, &profile.directories).await;
            // It was put there above and nothing else takes it.
            let Some(lent) = host.take() else { return Err(wasmtime::format_err!("nothing lent")) };
            let state = State::new(lent, &job, clock, output, directories);
            let bound = match profile.fuel {
                Some(_) => guest.fueled().await?,
                None => guest.bound(slot.insert(guest.pools().slot()).pool),
            };
            let store = store.insert(guest::store(bound, state, &ticker)?);
            let instance = bound.instantiate_async(&mut *store).await?;
            job.instantiated();
            body(store, instance).await
        });
        let stopped = supervise(&job, &ticker, guest_call).await;

        let refused_memory = store.as_ref().is_some_and(|store| store.data().limiter.refused());
        let result = match stopped {
            Stopped::Returned(answer) => Ok(answer),
            Stopped::Failed(error) => Err(classify(&error, &job, refused_memory, stack)),
            Stopped::Ended(why) => Err(why),
        };
        // From here on nothing of the guest exists any more; then its slot can be given away, and
        // only then its place, which promises a slot.
        let state = store.map(Store::into_data);
        let host = match state {
            Some(state) => {
                state.sink.finish();
                Some(state.host)
            }
            None => host,
        };
        drop(slot);
        drop(place);
        let cost = job.cost();
        report(&job, &result);
        listed.ended(&Outcome::of(&job, result.as_ref().err()), &cost);
        Ended { id: job.id, result, host, cost, at: job.place() }
    }
}

/// Says in the log how the run ended, louder the less anybody wanted it.
fn report<R>(job: &Job, result: &Result<R, EndedBy>) {
    let (call, at) = (job.call().map(display), job.place().map(display));
    let script = job.script();
    let job_id = job.id.to_string();
    match result {
        Ok(_) | Err(EndedBy::Exit { code: 0 }) => {
            tracing::debug!(call, script, job = job_id, cost = ?job.cost(), "the script has ended");
        }
        Err(EndedBy::HostBug { message }) => {
            tracing::error!(
                call,
                script,
                at,
                job = job_id,
                "host-bug: a host function panicked: {message}"
            );
        }
        Err(EndedBy::Killed { reason }) => {
            tracing::info!(call, script, at, job = job_id, "the script was killed: {reason}");
        }
        Err(EndedBy::Trap { message, backtrace }) => {
            tracing::warn!(
                call,
                script,
                at,
                job = job_id,
                backtrace,
                "trap: the guest failed: {message}"
            );
        }
        Err(why) => {
            tracing::warn!(
                call,
                script,
                at,
                job = job_id,
                profile = job.profile.name,
                "{}: the script was ended: {}",
                why.name(),
                why.located(job.place().as_ref())
            );
        }
    }
}
