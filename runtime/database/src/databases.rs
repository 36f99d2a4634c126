//! The root: all pools of a server.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use deadpool::Runtime as PoolRuntime;
use deadpool::managed::{Pool, PoolError, TimeoutType};
use parking_lot::Mutex;
use tokio::runtime::{Handle as RuntimeHandle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connection::Manager;
use crate::dsn::{Dsn, MEMORY};
use crate::failure::Failure;
use crate::handle::Handle;

/// Connections of all pools together. Each of SQLite is a thread, each of ODBC a process.
pub const MAX_CONNECTIONS: usize = 1_000;
/// Databases at the same time; scripts may name any number of files.
pub const MAX_DATABASES: usize = 500;
/// How long a connection stays open that nobody uses.
pub const IDLE: Duration = Duration::from_secs(60);
/// How often it is looked for idle connections.
const LOOK: Duration = Duration::from_secs(15);
/// Opening a connection that takes longer is given up.
const OPENING: Duration = Duration::from_secs(10);
/// Threads that look at paths. A file system that hangs holds up only those who name it, up to here.
const PATH_THREADS: usize = 16;

/// How pools are made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where databases are that a script names without a path.
    pub folder: PathBuf,
    /// Connections to one database at the same time.
    pub handles: usize,
    /// How long a script waits for one when all are taken.
    pub wait: Duration,
    /// The program `ringfence-odbc`.
    pub odbc: PathBuf,
    /// The callers' clock is a paused one (tokio's), which stands still while they wait here.
    pub simulated: bool,
}

/// What pools share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) settings: Arc<Settings>,
    places: Arc<Semaphore>,
}

impl Shared {
    /// A place for one more connection; none when there are enough.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Keeps a paused clock from going on until this is dropped.
    pub(crate) fn still(&self) -> Option<Still> {
        self.settings.simulated.then(|| {
            let (sender, receiver) = mpsc::channel();
            // Tokio moves no paused clock while a blocking thread is busy. It ends with the sender.
            drop(tokio::task::spawn_blocking(move || receiver.recv().is_err()));
            Still(sender)
        })
    }
}

/// Holds a paused clock.
pub(crate) struct Still(#[expect(dead_code, reason = "dropped in the end")] mpsc::Sender<()>);

/// All databases of a server. Clones are the same.
///
/// Connections are opened when they are first asked for, on a thread of their own (`database`), which
/// is made then.
#[derive(Clone)]
pub struct Databases(Arc<Inner>);

type Pools = HashMap<(Dsn, bool), Pool<Manager>>;

struct Inner {
    shared: Shared,
    pools: Arc<Mutex<Pools>>,
    runtime: OnceLock<Runtime>,
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databases").field("pools", &self.0.pools.lock().len()).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Whoever drops it last may be on a thread that must not wait.
            runtime.shutdown_background();
        }
    }
}

impl Databases {
    /// Opens nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        Self(Arc::new(Inner {
            shared: Shared { settings: Arc::new(settings), places },
            pools: Arc::default(),
            runtime: OnceLock::new(),
        }))
    }

    /// How pools are made.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.shared.settings
    }

    /// Reads a name ([`Dsn::parse`]) and follows the links of a file's path, so that who asks for a
    /// permission asks for the file that will be opened.
    ///
    /// # Errors
    ///
    /// The text names no database.
    pub async fn find(
        &self,
        name: &str,
        user: Option<&str>,
        password: Option<&str>,
    ) -> Result<Dsn, Failure> {
        let dsn = Dsn::parse(name, user, password, &self.settings().folder)?;
        let Dsn::Sqlite(path) = dsn else { return Ok(dsn) };
        if path.as_os_str() == MEMORY {
            return Ok(Dsn::Sqlite(path));
        }
        let _still = self.0.shared.still();
        let looked = self.runtime()?.spawn_blocking(move || real(&path));
        let path = looked.await.map_err(|error| Failure::Name(error.to_string()))?;
        Ok(Dsn::Sqlite(path))
    }

    /// A connection of a database's pool; waits for one as long as the settings say.
    ///
    /// `restricted` connections of SQLite can attach no other file.
    ///
    /// # Errors
    ///
    /// The database is down, or all its connections are taken.
    pub async fn connect(&self, dsn: &Dsn, restricted: bool) -> Result<Handle, Failure> {
        let runtime = self.runtime()?;
        let _still = self.0.shared.still();
        let pool = self.pool(dsn, restricted)?;
        let settings = Arc::clone(&self.0.shared.settings);
        let database = dsn.name();
        // On the thread of databases: its clock is the real one, also in a simulated call.
        let got = runtime.spawn(async move {
            pool.get().await.map_err(|error| match error {
                PoolError::Backend(failure) => failure,
                PoolError::Timeout(TimeoutType::Wait) => {
                    Failure::Busy { database, limit: settings.handles, waited: settings.wait }
                }
                PoolError::Timeout(_) => {
                    Failure::Unavailable { database, why: format!("no answer in {OPENING:?}") }
                }
                other => Failure::Unavailable { database, why: other.to_string() },
            })
        });
        let object = AbortOnDrop(got).await?;
        Ok(Handle::new(object, runtime, self.0.shared.clone()))
    }

    /// How many connections are open, in use or not.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.pools.lock().values().map(|pool| pool.status().size).sum()
    }

    fn pool(&self, dsn: &Dsn, restricted: bool) -> Result<Pool<Manager>, Failure> {
        let mut pools = self.0.pools.lock();
        if let Some(pool) = pools.get(&(dsn.clone(), restricted)) {
            return Ok(pool.clone());
        }
        if pools.len() >= MAX_DATABASES {
            return Err(Failure::Unavailable {
                database: dsn.name(),
                why: format!("{MAX_DATABASES} databases are open"),
            });
        }
        let shared = self.0.shared.clone();
        let settings = Arc::clone(&shared.settings);
        let manager = Manager { dsn: dsn.clone(), restricted, shared };
        let pool = Pool::builder(manager)
            .max_size(settings.handles)
            .wait_timeout(Some(settings.wait))
            .create_timeout(Some(OPENING))
            .runtime(PoolRuntime::Tokio1)
            .build()
            .map_err(|error| Failure::Unavailable {
                database: dsn.name(),
                why: error.to_string(),
            })?;
        pools.insert((dsn.clone(), restricted), pool.clone());
        Ok(pool)
    }

    /// The thread of databases, made when it is first needed.
    fn runtime(&self) -> Result<RuntimeHandle, Failure> {
        let inner = &self.0;
        if let Some(runtime) = inner.runtime.get() {
            return Ok(runtime.handle().clone());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(PATH_THREADS)
            .thread_name("database")
            .enable_all()
            .build()
            .map_err(|error| Failure::Unavailable {
                database: "any database".to_owned(),
                why: format!("the thread of databases cannot be started: {error}"),
            })?;
        let made = runtime.handle().clone();
        if let Err(second) = inner.runtime.set(runtime) {
            // Another thread was quicker.
            second.shutdown_background();
            return self.runtime();
        }
        drop(made.spawn(close_idle(Arc::downgrade(&inner.pools))));
        Ok(made)
    }
}

/// Closes connections that nobody has used for a while, until the server has gone.
async fn close_idle(pools: std::sync::Weak<Mutex<Pools>>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(pools) = pools.upgrade() else { return };
        pools.lock().retain(|_, pool| {
            pool.retain(|_, metrics| metrics.last_used() < IDLE);
            let status = pool.status();
            status.size > 0 || status.waiting > 0
        });
    }
}

/// The path with its links followed, as far as it exists. Blocks.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    // A file that will be made: its folder decides.
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}

/// A task that ends with who waits for it.
struct AbortOnDrop<T>(tokio::task::JoinHandle<Result<T, Failure>>);

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, Failure>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0)
            .poll(cx)
            .map(|joined| joined.unwrap_or_else(|error| Err(Failure::Lost(error.to_string()))))
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
