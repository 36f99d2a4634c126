//! The threads that guests run on.
//!
//! A thread takes the first task of the queue `soon`: what was started, killed, or has got what it
//! waited for. Guests that computed for a whole tick go to the queue `later`, and one of them runs
//! when nothing is in `soon` (and in every [`FAIR`]th turn). So a kill, a new run and a script that
//! answers a caller wait for the ticks of the guests that run at the moment, but not for the
//! hundreds that would like to. Of the threads that have nothing to do the one that was busy last is
//! woken: what guests touch is in its processor's cache.
//!
//! This is why they are not tokio's threads, which have one queue for all. Timers and file
//! operations are tokio's, on a runtime of one thread, which every guest thread has entered.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use parking_lot::{Condvar, Mutex};
use tokio::runtime::{Handle, Runtime};

use crate::config::Config;

/// One turn in so many is for a guest that computes, even while others have something to do.
const FAIR: u32 = 8;
/// Threads for the file operations of all guests.
pub(crate) const FILE_THREADS: usize = 64;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

thread_local! {
    /// Whether this is a guest thread; then whether the task that it polls has given up its turn.
    static YIELDED: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Lets all others have their turn.
pub(crate) async fn turn() {
    if YIELDED.get().is_none() {
        // Tokio's own yield lets timers and sockets have their turn, too.
        return tokio::task::yield_now().await;
    }
    let mut yielded = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        YIELDED.set(Some(true));
        Poll::Pending
    })
    .await;
}

/// Guest threads; they end when this is dropped and the last task is done.
#[derive(Debug)]
pub(crate) struct Threads(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queues: Mutex<Queues>,
    /// Threads that have not ended.
    threads: AtomicUsize,
    handle: Handle,
    /// Taken by the last thread.
    runtime: Mutex<Option<Runtime>>,
}

#[derive(Debug, Default)]
struct Queues {
    soon: VecDeque<Arc<Task>>,
    later: VecDeque<Arc<Task>>,
    /// Threads that wait for work, each at its own, the one that waits longest first. Whoever wakes
    /// one takes it out.
    idle: Vec<Arc<Condvar>>,
    /// Tasks that are not done.
    live: usize,
    stop: bool,
}

struct Task {
    shared: Arc<Shared>,
    /// None when done. Only the thread that took the task from a queue locks it.
    work: Mutex<Option<Work>>,
    /// A [`Place`]; changed under the queues' lock only.
    place: AtomicU8,
    /// Whether there is an entry in `later`: it stays when the task is moved to `soon`, and counts
    /// again when the task comes back. Changed under the queues' lock only.
    in_later: AtomicBool,
}

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Place {
    /// It waits for a waker.
    Waiting,
    Soon,
    Later,
    Running,
    /// It was woken while it ran.
    Again,
    Done,
}

impl Threads {
    /// Starts `config.workers` threads, `guest-0` and on.
    pub(crate) fn start(config: &Config) -> std::io::Result<Self> {
        let nice = config.nice;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(FILE_THREADS)
            .enable_all()
            .thread_name("guest-io")
            .on_thread_start(move || lower_priority(nice))
            .build()?;
        let shared = Arc::new(Shared {
            queues: Mutex::default(),
            threads: AtomicUsize::new(0),
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
        });
        // Dropped when a thread cannot be started, so that the others end.
        let threads = Self(shared);
        for number in 0..config.workers {
            let own = Arc::clone(&threads.0);
            own.threads.fetch_add(1, Ordering::Relaxed);
            let started = thread::Builder::new().name(format!("guest-{number}")).spawn({
                let own = Arc::clone(&own);
                move || {
                    lower_priority(nice);
                    own.run();
                }
            });
            if let Err(error) = started {
                own.ended();
                return Err(error);
            }
        }
        Ok(threads)
    }

    /// Runs a task. It ends with the threads at the latest.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let task = Arc::new(Task {
            shared: Arc::clone(&self.0),
            work: Mutex::new(Some(Box::pin(work))),
            place: AtomicU8::new(Place::Waiting as u8),
            in_later: AtomicBool::new(false),
        });
        self.0.queues.lock().live += 1;
        task.wake();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut queues = self.0.queues.lock();
        queues.stop = true;
        queues.wake_all();
    }
}

impl Shared {
    fn run(&self) {
        let _entered = self.handle.enter();
        let mut turns = 0;
        let idle = Arc::default();
        while let Some(task) = self.next(&mut turns, &idle) {
            self.poll(&task);
        }
        self.ended();
    }

    /// Waits for a task, at `idle`; none when there will be no more.
    fn next(&self, turns: &mut u32, idle: &Arc<Condvar>) -> Option<Arc<Task>> {
        let mut queues = self.queues.lock();
        loop {
            *turns = turns.wrapping_add(1);
            if let Some(task) = queues.take(turns.is_multiple_of(FAIR)) {
                return Some(task);
            }
            if queues.stop && queues.live == 0 {
                return None;
            }
            queues.idle.push(Arc::clone(idle));
            idle.wait(&mut queues);
        }
    }

    fn poll(&self, task: &Arc<Task>) {
        let waker = Waker::from(Arc::clone(task));
        let mut work = task.work.lock();
        YIELDED.set(Some(false));
        let done = catch_unwind(AssertUnwindSafe(|| match work.as_mut() {
            Some(running) => running.as_mut().poll(&mut Context::from_waker(&waker)).is_ready(),
            None => true,
        }));
        // Guests and host functions panic further inside; whatever comes here is a bug of this
        // crate, told by the panic hook. The run ends, its starter sees `sandbox-gone`.
        let done = done.unwrap_or(true);
        if done {
            let _ = catch_unwind(AssertUnwindSafe(|| *work = None));
        }
        drop(work);
        let yielded = YIELDED.get() == Some(true);
        let mut queues = self.queues.lock();
        if done {
            task.set(Place::Done);
            queues.live -= 1;
            if queues.stop && queues.live == 0 {
                queues.wake_all();
            }
        } else if task.place() == Place::Again {
            // This thread comes back for it, or for what is before it.
            queues.soon(task);
        } else if yielded {
            queues.later(task);
        } else {
            task.set(Place::Waiting);
        }
    }

    /// The last thread takes tokio's with it.
    fn ended(&self) {
        if self.threads.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(runtime) = self.runtime.lock().take()
        {
            runtime.shutdown_background();
        }
    }
}

impl Queues {
    fn soon(&mut self, task: &Arc<Task>) {
        task.set(Place::Soon);
        self.soon.push_back(Arc::clone(task));
    }

    fn later(&mut self, task: &Arc<Task>) {
        task.set(Place::Later);
        if !task.in_later.swap(true, Ordering::Relaxed) {
            self.later.push_back(Arc::clone(task));
        }
    }

    /// The next task, now running.
    fn take(&mut self, later_first: bool) -> Option<Arc<Task>> {
        let first = if later_first { self.take_later() } else { None };
        let task = first.or_else(|| self.soon.pop_front()).or_else(|| self.take_later())?;
        task.set(Place::Running);
        Some(task)
    }

    fn wake_all(&mut self) {
        for thread in self.idle.drain(..) {
            thread.notify_one();
        }
    }

    fn take_later(&mut self) -> Option<Arc<Task>> {
        while let Some(task) = self.later.pop_front() {
            task.in_later.store(false, Ordering::Relaxed);
            if task.place() == Place::Later {
                return Some(task);
            }
        }
        None
    }
}

impl Task {
    fn place(&self) -> Place {
        match self.place.load(Ordering::Relaxed) {
            0 => Place::Waiting,
            1 => Place::Soon,
            2 => Place::Later,
            3 => Place::Running,
            4 => Place::Again,
            _ => Place::Done,
        }
    }

    fn set(&self, place: Place) {
        self.place.store(place as u8, Ordering::Relaxed);
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut queues = self.shared.queues.lock();
        match self.place() {
            Place::Waiting | Place::Later => {
                queues.soon(self);
                let thread = queues.idle.pop();
                drop(queues);
                if let Some(thread) = thread {
                    thread.notify_one();
                }
            }
            Place::Running => self.set(Place::Again),
            Place::Soon | Place::Again | Place::Done => {}
        }
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Task").field("place", &self.place()).finish_non_exhaustive()
    }
}

fn lower_priority(nice: i32) {
    // On Linux this is a thread's own value. Lowering one's priority is always allowed.
    if let Err(error) = rustix::process::nice(nice) {
        tracing::debug!("guest threads keep their priority: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    use super::*;

    /// Long enough for any machine; a test that waits so long has failed.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn one_thread() -> Threads {
        Threads::start(&Config { workers: 1, ..Config::new("unused") }).unwrap()
    }

    #[test]
    fn what_has_something_short_to_do_goes_first() {
        let threads = one_thread();
        let (told, heard) = mpsc::channel();
        let (release, released) = mpsc::channel();
        // Holds the only thread until all others are in their queues.
        threads.spawn(async move { released.recv().unwrap() });
        for _ in 0..100 {
            let told = told.clone();
            threads.spawn(async move {
                turn().await;
                told.send("computed").unwrap();
            });
        }
        let late = told.clone();
        threads.spawn(async move { late.send("short").unwrap() });
        release.send(()).unwrap();
        let order: Vec<_> = (0..101).map(|_| heard.recv_timeout(PATIENCE).unwrap()).collect();
        let before = order.iter().position(|what| *what == "short").unwrap();
        // Every eighth turn was for those that compute; 100 of the others came before it.
        assert!(before <= 200 / FAIR as usize, "{before}");
    }

    #[test]
    fn who_computes_is_not_starved() {
        let threads = one_thread();
        let (told, heard) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..2 {
            let stop = Arc::clone(&stop);
            threads.spawn(std::future::poll_fn(move |cx| {
                cx.waker().wake_by_ref();
                if stop.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
            }));
        }
        threads.spawn(async move {
            turn().await;
            told.send(()).unwrap();
        });
        heard.recv_timeout(PATIENCE).unwrap();
        stop.store(true, Ordering::Relaxed);
    }

    #[test]
    fn a_wake_takes_a_task_out_of_the_long_queue() {
        let mut queues = Queues::default();
        let threads = one_thread();
        let task = |threads: &Threads| {
            Arc::new(Task {
                shared: Arc::clone(&threads.0),
                work: Mutex::new(None),
                place: AtomicU8::new(Place::Running as u8),
                in_later: AtomicBool::new(false),
            })
        };
        let (one, two) = (task(&threads), task(&threads));
        queues.later(&one);
        queues.later(&two);
        queues.soon(&two);
        let next = |queues: &mut Queues| queues.take(false);
        assert!(Arc::ptr_eq(&next(&mut queues).unwrap(), &two));
        // Its old entry counts again, and there is no second one.
        queues.later(&two);
        assert_eq!(queues.later.len(), 2);
        assert!(Arc::ptr_eq(&next(&mut queues).unwrap(), &one));
        assert!(Arc::ptr_eq(&next(&mut queues).unwrap(), &two));
        assert!(next(&mut queues).is_none());
    }

    #[test]
    fn timers_and_a_panic() {
        let threads = one_thread();
        let (told, heard) = mpsc::channel();
        threads.spawn(async { panic!("a task that panics; the next one runs all the same") });
        threads.spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            told.send(()).unwrap();
        });
        heard.recv_timeout(PATIENCE).unwrap();
    }

    #[test]
    fn the_threads_end_after_the_last_task() {
        let threads = one_thread();
        let (told, heard) = mpsc::channel();
        threads.spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            told.send(()).unwrap();
        });
        let shared = Arc::clone(&threads.0);
        drop(threads);
        heard.recv_timeout(PATIENCE).unwrap();
        let end = Instant::now() + PATIENCE;
        while shared.threads.load(Ordering::Acquire) > 0 {
            assert!(Instant::now() < end, "the thread lives");
            thread::sleep(Duration::from_millis(1));
        }
    }
}
