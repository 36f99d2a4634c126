//! The thread that waits for the outside.

use std::io;
use std::sync::{Arc, OnceLock};

use ringfence_rim::Clock;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinError};

use crate::command::AT_ONCE;
use crate::http::Client;

/// Name lookups at the same time: each takes a thread while it lasts.
const LOOKUPS: usize = 32;

/// Works that nobody waits for at the same time; one more is refused. Fewer than the places for commands
/// ([`AT_ONCE`]), so that a loop of them leaves some to those who wait.
pub const LEFT_AT_ONCE: usize = AT_ONCE / 2;

/// Where requests, commands and mail are waited for. Clones are the same.
///
/// Its thread begins with the first work. Real time passes on it also where the server's clock is a
/// simulated one: that clock then stands still until the work is done.
#[derive(Clone, Debug)]
pub struct Outside(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    stands_still: bool,
    runtime: OnceLock<Runtime>,
    /// For commands.
    places: Arc<Semaphore>,
    /// For work that nobody waits for.
    left: Arc<Semaphore>,
    client: OnceLock<Client>,
}

/// The work could not be done at all.
#[derive(Debug, thiserror::Error)]
pub enum Gone {
    /// There is no thread for it.
    #[error("cannot start the thread for the outside: {0}")]
    NoThread(#[from] io::Error),
    /// A bug of ours ended it.
    #[error("ended by a fault of the server: {0}")]
    Broken(JoinError),
    /// Too much runs that nobody waits for.
    #[error("{LEFT_AT_ONCE} commands run in the background already")]
    TooMany,
}

impl Outside {
    /// For a server with that clock.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let stands_still = matches!(clock, Clock::Simulated { .. });
        Self(Arc::new(Inner {
            stands_still,
            runtime: OnceLock::new(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            left: Arc::new(Semaphore::new(LEFT_AT_ONCE)),
            client: OnceLock::new(),
        }))
    }

    /// Does some work on the thread and waits for it. Dropping the answer ends the work.
    ///
    /// # Errors
    ///
    /// [`Gone`]: there is no thread, or the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Gone> {
        let task = self.handle()?.spawn(work);
        let _guard = AbortOnDrop(task.abort_handle());
        let done = if self.0.stands_still {
            let handle = self.handle()?;
            // A paused clock does not go on while a blocking thread is busy.
            let waiting = tokio::task::spawn_blocking(move || handle.block_on(task));
            waiting.await.map_err(Gone::Broken)?
        } else {
            task.await
        };
        done.map_err(Gone::Broken)
    }

    /// Does some work that nobody waits for.
    ///
    /// # Errors
    ///
    /// [`Gone::NoThread`], [`Gone::TooMany`].
    pub fn leave(&self, work: impl Future<Output = ()> + Send + 'static) -> Result<(), Gone> {
        let place = Arc::clone(&self.0.left).try_acquire_owned().map_err(|_| Gone::TooMany)?;
        drop(self.handle()?.spawn(async move {
            work.await;
            drop(place);
        }));
        Ok(())
    }

    /// Places for commands.
    pub(crate) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.places)
    }

    /// The HTTP client, made when it is first needed. Reads the system's certificates then: blocks.
    pub(crate) fn client(&self) -> &Client {
        self.0.client.get_or_init(Client::new)
    }

    pub(crate) fn handle(&self) -> io::Result<Handle> {
        if let Some(runtime) = self.0.runtime.get() {
            return Ok(runtime.handle().clone());
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(LOOKUPS)
            .thread_name("outside")
            .enable_all()
            .build()?;
        if let Err(second) = self.0.runtime.set(runtime) {
            // Another thread was quicker.
            second.shutdown_background();
        }
        match self.0.runtime.get() {
            Some(runtime) => Ok(runtime.handle().clone()),
            None => Err(io::Error::other("no runtime")),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A runtime that is simply dropped waits for its threads, which a task must not do.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_stands_still_meanwhile() {
        let outside = Outside::new(&Clock::simulated(SystemTime::now()));
        let before = Instant::now();
        let far = tokio::time::timeout(Duration::from_secs(3600), async {
            outside.run(async { std::thread::sleep(Duration::from_millis(30)) }).await
        });
        assert!(matches!(far.await, Ok(Ok(()))));
        assert_eq!(before.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_is_not_awaited_any_more_ends() {
        struct Told(Option<oneshot::Sender<()>>);
        impl Drop for Told {
            fn drop(&mut self) {
                let _ = self.0.take().map(|sender| sender.send(()));
            }
        }
        let outside = Outside::new(&Clock::System);
        let (sender, told) = oneshot::channel();
        let (began, begun) = oneshot::channel();
        let work = outside.run(async move {
            let _told = Told(Some(sender));
            let _ = began.send(());
            std::future::pending::<()>().await;
        });
        let mut work = Box::pin(work);
        tokio::select! { _ = &mut work => unreachable!(), begun = begun => begun.unwrap() }
        drop(work);
        told.await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let outside = Outside::new(&Clock::System);
        let done = outside.run(async { panic!("on purpose") }).await;
        assert!(matches!(done, Err::<(), _>(Gone::Broken(_))));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_bounded() {
        let outside = Outside::new(&Clock::System);
        let (release, released) = tokio::sync::watch::channel(false);
        let work = || {
            let mut released = released.clone();
            async move { drop(released.wait_for(|released| *released).await) }
        };
        for _ in 0..LEFT_AT_ONCE {
            outside.leave(work()).unwrap();
        }
        assert!(matches!(outside.leave(work()), Err(Gone::TooMany)));
        release.send(true).unwrap();
        while outside.leave(async {}).is_err() {
            tokio::task::yield_now().await;
        }
    }
}
