//! The thread that makes running guests pause.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use parking_lot::Mutex;
use wasmtime::{Engine, EngineWeak};

/// Ticks without a running guest before the thread goes to sleep.
///
/// Falling asleep and being woken costs two system calls; on a busy server guests run in most
/// ticks, and 50 ms of idle ticks cost less than waking for each of them.
const LINGER: u32 = 50;

/// Advances the engines' epochs while guests run, and sleeps while none does.
///
/// 1,000 guests that wait in a host call cost no tick at all; a thousand that run cost one atomic
/// increment a tick.
pub(crate) struct Ticker(Arc<Shared>);

struct Shared {
    /// Not kept alive: a released pool goes.
    engines: Mutex<Vec<EngineWeak>>,
    ticks: AtomicU64,
    running: AtomicUsize,
    asleep: AtomicBool,
    stop: AtomicBool,
    thread: std::sync::OnceLock<Thread>,
}

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(period: Duration) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            engines: Mutex::default(),
            ticks: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            thread: std::sync::OnceLock::new(),
        });
        let own = Arc::clone(&shared);
        let handle =
            thread::Builder::new().name("guest-tick".into()).spawn(move || own.run(period))?;
        // Cannot be set before: nobody else has the cell yet.
        let _ = shared.thread.set(handle.thread().clone());
        Ok(Self(shared))
    }

    /// Advances this engine's epoch too, as long as it lives.
    pub(crate) fn add(&self, engine: &Engine) {
        self.0.engines.lock().push(engine.weak());
    }

    /// The number of the current tick.
    pub(crate) fn now(&self) -> u64 {
        self.0.ticks.load(Ordering::Relaxed)
    }

    /// Says that a guest runs until the answer is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        // With the two loads in `run` this is the store-load handshake of Dekker: either this
        // thread sees `asleep`, or the ticker sees `running`. Both sides need SeqCst for it.
        if self.0.running.fetch_add(1, Ordering::SeqCst) == 0
            && self.0.asleep.load(Ordering::SeqCst)
        {
            self.0.wake();
        }
        Running(&self.0.running)
    }

    /// Whether the thread sleeps because no guest runs.
    #[cfg(test)]
    pub(crate) fn is_asleep(&self) -> bool {
        self.0.asleep.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ticker").field("ticks", &self.now()).finish_non_exhaustive()
    }
}

impl Shared {
    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn run(&self, period: Duration) {
        let mut idle = 0;
        while !self.stop.load(Ordering::Relaxed) {
            thread::sleep(period);
            self.ticks.fetch_add(1, Ordering::Relaxed);
            self.engines.lock().retain(|engine| {
                let engine = engine.upgrade();
                engine.as_ref().map(Engine::increment_epoch).is_some()
            });
            idle = if self.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle >= LINGER {
                self.sleep();
                idle = 0;
            }
        }
    }

    fn sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0 && !self.stop.load(Ordering::SeqCst) {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::SeqCst);
        self.0.wake();
    }
}

/// A guest that has the processor.
pub(crate) struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for any machine; a test that waits so long has failed.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn wait_for(what: &str, condition: impl Fn() -> bool) {
        let end = std::time::Instant::now() + PATIENCE;
        while !condition() {
            assert!(std::time::Instant::now() < end, "{what} did not happen");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn it_sleeps_without_guests_and_ticks_with_one() {
        let ticker = Ticker::start(Duration::from_millis(1)).unwrap();
        ticker.add(&Engine::default());
        wait_for("falling asleep", || ticker.is_asleep());
        let asleep = ticker.now();
        let running = ticker.running();
        wait_for("ticking", || ticker.now() > asleep + 2 * u64::from(LINGER));
        drop(running);
        wait_for("falling asleep again", || ticker.is_asleep());
    }
}
