//! One run, as seen from outside while it lasts.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, SystemTime};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::ended::{Cost, End, EndedBy};
use crate::handles::Open;
use crate::observer::Outcome;
use crate::owner::Owner;
use crate::profile::Profile;
use crate::volume::{Volume, Writing};

/// Source files that a run can register; all further ones share the last number.
///
/// A script requires a few dozen; the bound keeps a hostile one from filling the host's memory.
pub const SOURCES: usize = 4_096;
/// The length of a source's name that is kept, in bytes.
const SOURCE_NAME: usize = 1_024;

/// What a message to the log counts at least, in bytes: an empty one makes a line, too, with time, call,
/// script and place.
pub const LOG_LINE: usize = 64;

/// A running guest.
///
/// Shared by the run, its host functions, the job table and the handle. What a host call does here
/// costs tens of nanoseconds: atomics, and one lock that only lists contend for.
pub struct Job {
    pub(crate) id: Uuid,
    pub(crate) script: Arc<str>,
    pub(crate) version: Option<Arc<str>>,
    pub(crate) guest: Arc<str>,
    pub(crate) owner: Arc<Owner>,
    pub(crate) call: Option<String>,
    pub(crate) profile: Arc<Profile>,
    /// Those that it runs within, the innermost first; some may have ended.
    pub(crate) ancestors: Vec<Weak<Self>>,
    pub(crate) started: SystemTime,
    pub(crate) origin: Instant,
    /// Why it must end; set once, by whoever comes first.
    ending: OnceLock<EndedBy>,
    waker: AtomicWaker,
    running: AtomicBool,
    over: AtomicBool,
    /// The smallest `of_owner` of its profile and those of the runs that it was started by.
    pub(crate) of_owner: Option<u32>,
    cpu: AtomicU64,
    /// The tick in which the guest was last given the processor.
    pub(crate) slice: AtomicU64,
    host_calls: AtomicU64,
    memory: AtomicUsize,
    peak_memory: AtomicUsize,
    /// `(source + 1) << 32 | line`; 0 before the first report.
    place: AtomicU64,
    sources: Mutex<Vec<Arc<str>>>,
    waiting: Mutex<Option<(&'static str, Instant)>>,
    pub(crate) open: Open,
    logged: Mutex<Volume>,
    /// When it ends unless something else comes first, and how.
    deadline: Mutex<Option<(Instant, End)>>,
    deadlines: AtomicU32,
    /// What the host said went wrong.
    failure: Mutex<Option<Outcome>>,
    /// The code that it said it ends itself with.
    exiting: Mutex<Option<i32>>,
}

/// Who runs what for whom; the rest of a [`Job`] is bookkeeping.
pub(crate) struct Identity {
    pub(crate) id: Uuid,
    pub(crate) script: Arc<str>,
    pub(crate) version: Option<Arc<str>>,
    pub(crate) guest: Arc<str>,
    pub(crate) owner: Arc<Owner>,
    pub(crate) call: Option<String>,
    pub(crate) profile: Arc<Profile>,
    pub(crate) ancestors: Vec<Weak<Job>>,
    pub(crate) of_owner: Option<u32>,
    pub(crate) started: SystemTime,
}

impl Job {
    pub(crate) fn new(identity: Identity) -> Self {
        let Identity { id, script, version, guest, owner, call, profile, .. } = identity;
        let Identity { ancestors, of_owner, started, .. } = identity;
        Self {
            id,
            script,
            version,
            guest,
            owner,
            call,
            profile,
            ancestors,
            started,
            origin: Instant::now(),
            ending: OnceLock::new(),
            waker: AtomicWaker::new(),
            running: AtomicBool::new(false),
            over: AtomicBool::new(false),
            of_owner,
            cpu: AtomicU64::new(0),
            slice: AtomicU64::new(0),
            host_calls: AtomicU64::new(0),
            memory: AtomicUsize::new(0),
            peak_memory: AtomicUsize::new(0),
            place: AtomicU64::new(0),
            sources: Mutex::new(Vec::new()),
            waiting: Mutex::new(None),
            open: Open::default(),
            logged: Mutex::new(Volume::new()),
            deadline: Mutex::new(None),
            deadlines: AtomicU32::new(0),
            failure: Mutex::new(None),
            exiting: Mutex::new(None),
        }
    }

    /// The job's id, unique in the world.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The script as it was named.
    #[must_use]
    pub fn script(&self) -> &str {
        &self.script
    }

    /// The guest that runs it, as `lua-5.4`.
    #[must_use]
    pub fn guest(&self) -> &str {
        &self.guest
    }

    /// The uuid of the call it serves, if any.
    #[must_use]
    pub fn call(&self) -> Option<&str> {
        self.call.as_deref()
    }

    /// For whom it runs, with all that it starts.
    #[must_use]
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// What the run is granted.
    #[must_use]
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Gives a source file a number for [`at`](Self::at).
    ///
    /// After [`SOURCES`] files all get the last number.
    pub fn register_source(&self, name: &str) -> u32 {
        let mut sources = self.sources.lock();
        if sources.len() < SOURCES {
            let end = name.floor_char_boundary(SOURCE_NAME);
            sources.push(Arc::from(name.get(..end).unwrap_or_default()));
        }
        u32::try_from(sources.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Tells where the script is. One atomic store.
    pub fn at(&self, source: u32, line: u32) {
        self.place.store((u64::from(source) + 1) << 32 | u64::from(line), Ordering::Relaxed);
    }

    /// Where the script last said it is.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let place = self.place.load(Ordering::Relaxed);
        let source = usize::try_from((place >> 32).checked_sub(1)?).ok()?;
        let source = self.sources.lock().get(source)?.clone();
        Some(Place { source, line: (place & u64::from(u32::MAX)) as u32 })
    }

    /// Counts a host call that does not wait. One atomic add.
    pub fn count(&self) {
        self.host_calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a host call that may wait; the list shows its name until the answer is dropped.
    ///
    /// `let _waiting = state.job().enter("session.next-event");` at the top of the host function.
    #[must_use = "the call is over when this is dropped"]
    pub fn enter(self: &Arc<Self>, name: &'static str) -> Entered {
        self.count();
        let previous = self.waiting.lock().replace((name, Instant::now()));
        Entered { job: Arc::clone(self), previous }
    }

    /// Ends the run, whatever it does; true when it was this call that ended it.
    ///
    /// Returns at once. A spinning guest notices at the next tick, a waiting one as soon as a guest
    /// thread is free; the guest itself notices nothing.
    pub fn kill(&self, reason: impl Into<String>) -> bool {
        self.end(EndedBy::Killed { reason: reason.into() })
    }

    /// Marks the run as ended by `why` and wakes it; false when something else came first.
    pub(crate) fn end(&self, why: EndedBy) -> bool {
        let first = self.ending.set(why).is_ok();
        if first {
            self.waker.wake();
        }
        first
    }

    /// Ends the run with `how` if it still lives at `when`, on tokio's clock; the earliest such
    /// deadline holds. For what is decided from outside, as the grace time after a hangup.
    pub fn end_at(&self, when: Instant, how: End) {
        let mut deadline = self.deadline.lock();
        if deadline.as_ref().is_none_or(|(earlier, _)| when < *earlier) {
            *deadline = Some((when, how));
            drop(deadline);
            self.deadlines.fetch_add(1, Ordering::Release);
            self.waker.wake();
        }
    }

    /// The deadline that was set from outside.
    pub(crate) fn deadline(&self) -> Option<(Instant, End)> {
        self.deadline.lock().clone()
    }

    /// How often it was set; the lock need not be taken for each look.
    pub(crate) fn deadlines(&self) -> u32 {
        self.deadlines.load(Ordering::Acquire)
    }

    /// Says that the run failed under a name of the host's (`error`), though it answers; for
    /// statistics and [observers](crate::Observer). The last report counts.
    pub fn failed(&self, name: &'static str, error: impl Into<String>) {
        *self.failure.lock() = Some(Outcome { name, error: Some(error.into()) });
    }

    /// Says with which code the run ends itself next: `wasi:cli/exit` tells 0 or 1 only.
    pub fn exiting(&self, code: i32) {
        *self.exiting.lock() = Some(code);
    }

    /// The code of a run that ended itself, which WASI told as `told`.
    pub(crate) fn exit_code(&self, told: i32) -> i32 {
        self.exiting.lock().filter(|code| (*code == 0) == (told == 0)).unwrap_or(told)
    }

    pub(crate) fn failure(&self) -> Option<Outcome> {
        self.failure.lock().clone()
    }

    /// Accounts for a message of `bytes` bytes, at least [`LOG_LINE`], that the guest wants to log; false when it is not
    /// to be logged and the guest should be told.
    ///
    /// The first refusal of a minute leaves a warning. At [`FAR`](crate::FAR) times its limit the
    /// run ends as `log-limit`.
    #[must_use]
    pub fn log(&self, bytes: usize) -> bool {
        let Some(limit) = self.profile.log else { return true };
        match self.logged.lock().write(bytes.max(LOG_LINE), limit) {
            Writing::Fits => return true,
            Writing::Cut(_) => tracing::warn!(
                call = self.call().map(display),
                script = self.script(),
                at = self.place().map(display),
                limit,
                "log-limit: the script logs more in a minute than profile '{}' allows; the rest of \
                 the minute is not logged",
                self.profile.name
            ),
            Writing::Refused => {}
            Writing::Far => {
                self.end(EndedBy::LogLimit { limit });
            }
        }
        false
    }

    /// Why it must end, if it must.
    #[must_use]
    pub fn ending(&self) -> Option<&EndedBy> {
        self.ending.get()
    }

    pub(crate) fn wake_with(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    /// Says that it is not in the table any more.
    pub(crate) fn set_over(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn instantiated(&self) {
        self.running.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_instantiated(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    /// Adds processor time and answers the sum.
    pub(crate) fn spend(&self, cpu: Duration) -> Duration {
        let cpu = u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.cpu.fetch_add(cpu, Ordering::Relaxed) + cpu)
    }

    /// The host calls so far.
    pub(crate) fn host_calls(&self) -> u64 {
        self.host_calls.load(Ordering::Relaxed)
    }

    pub(crate) fn use_memory(&self, bytes: usize) {
        self.memory.store(bytes, Ordering::Relaxed);
        self.peak_memory.fetch_max(bytes, Ordering::Relaxed);
    }

    /// What it used so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        Cost {
            cpu: Duration::from_nanos(self.cpu.load(Ordering::Relaxed)),
            wall: self.origin.elapsed(),
            peak_memory: self.peak_memory.load(Ordering::Relaxed),
            host_calls: self.host_calls.load(Ordering::Relaxed),
        }
    }

    /// What it does now.
    #[must_use]
    pub fn state(&self) -> JobState {
        if self.ending.get().is_some() {
            return JobState::Ending;
        }
        if !self.is_instantiated() {
            return JobState::Starting;
        }
        match *self.waiting.lock() {
            Some((name, since)) => JobState::Waiting { name, since: since.elapsed() },
            None => JobState::Running,
        }
    }

    /// A copy for lists.
    #[must_use]
    pub fn info(&self) -> JobInfo {
        JobInfo {
            id: self.id,
            script: Arc::clone(&self.script),
            version: self.version.clone(),
            guest: Arc::clone(&self.guest),
            owner: Arc::clone(&self.owner),
            call: self.call.clone(),
            profile: self.profile.name.clone(),
            started: self.started,
            state: self.state(),
            at: self.place(),
            memory: self.memory.load(Ordering::Relaxed),
            cost: self.cost(),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Job").field("id", &self.id).field("script", &self.script).finish()
    }
}

/// A waiting host call; over when dropped, also when the run is killed in it.
#[derive(Debug)]
pub struct Entered {
    job: Arc<Job>,
    previous: Option<(&'static str, Instant)>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        *self.job.waiting.lock() = self.previous.take();
    }
}

/// A line of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As the guest named it.
    pub source: Arc<str>,
    /// From 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.source, self.line)
    }
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Its instance is being built.
    Starting,
    /// The guest computes, or waits for a guest thread.
    Running,
    /// It waits in a host call.
    Waiting {
        /// The call's name, as `session.next-event`.
        name: &'static str,
        /// For how long.
        since: Duration,
    },
    /// It was told to end.
    Ending,
}

impl fmt::Display for JobState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => write!(out, "starting"),
            Self::Running => write!(out, "running"),
            Self::Waiting { name, since } => {
                write!(out, "in {name} for {:.1} s", since.as_secs_f64())
            }
            Self::Ending => write!(out, "ending"),
        }
    }
}

/// A job at one moment.
#[derive(Clone, Debug)]
pub struct JobInfo {
    /// The job's id.
    pub id: Uuid,
    /// The script as it was named.
    pub script: Arc<str>,
    /// The script's version, if the starter gave one.
    pub version: Option<Arc<str>>,
    /// The guest that runs it, as `lua-5.4`.
    pub guest: Arc<str>,
    /// For whom it runs.
    pub owner: Arc<Owner>,
    /// The uuid of the call it serves.
    pub call: Option<String>,
    /// The profile's name.
    pub profile: String,
    /// On the run's clock.
    pub started: SystemTime,
    /// What it does.
    pub state: JobState,
    /// Where it last said it is.
    pub at: Option<Place>,
    /// Bytes of memory now.
    pub memory: usize,
    /// What it used so far.
    pub cost: Cost,
}
