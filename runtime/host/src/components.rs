//! Components that are scripts themselves: compiled aside, kept until their file changes.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use parking_lot::Mutex;
use ringfence_sandbox::{Guest, LoadError, Sandbox};

use crate::{guests, host::Host, versions::said};

/// The largest component, in bytes. An interpreter with its libraries has 1 to 10 MB; compiling takes
/// about a second a megabyte.
pub const MAX_COMPONENT: u64 = 32 << 20;

/// Components that are kept compiled; one more throws all out, so that names from outside cannot fill
/// the memory. What was thrown out comes back from the cache on disk.
const MAX_KEPT: usize = 64;

/// Why a component cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("cannot open {}: {why}", .path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// A file as it was when it was compiled.
#[derive(Clone)]
struct Kept {
    guest: Guest<Host>,
    seen: Seen,
    /// What the file was when it could not be compiled: it is told once.
    broken: Option<Seen>,
}

/// What tells that a file has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    modified: Option<SystemTime>,
    length: u64,
}

/// The components of one sandbox, by file.
#[derive(Clone)]
pub(crate) struct Components {
    sandbox: Sandbox,
    kept: Arc<Mutex<HashMap<PathBuf, Kept>>>,
    /// One is compiled at a time: it takes a processor for as long as it takes.
    compiling: Arc<tokio::sync::Mutex<()>>,
}

impl Components {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, kept: Arc::default(), compiling: Arc::default() }
    }

    /// The guest that a file is. A file that cannot be compiled any more does not replace the one
    /// that could: that is logged, once, and the old one runs.
    pub(crate) async fn component(&self, path: &Path) -> Result<Guest<Host>, Unusable> {
        let unreadable = |why: String| Unusable::Unreadable { path: path.to_owned(), why };
        let looked = blocking({
            let path = path.to_owned();
            move || look(&path)
        });
        let seen = looked.await.map_err(unreadable)?.map_err(|error| unreadable(said(&error)))?;
        if let Some(guest) = self.unchanged(path, seen) {
            return Ok(guest);
        }
        let _one = self.compiling.lock().await;
        if let Some(guest) = self.unchanged(path, seen) {
            return Ok(guest);
        }
        let loaded = blocking({
            let (sandbox, path) = (self.sandbox.clone(), path.to_owned());
            move || load(&sandbox, &path)
        });
        match loaded.await.map_err(unreadable)? {
            Ok(guest) => {
                let mut kept = self.kept.lock();
                if kept.len() >= MAX_KEPT {
                    kept.clear();
                }
                kept.insert(path.to_owned(), Kept { guest: guest.clone(), seen, broken: None });
                Ok(guest)
            }
            Err(error) => match self.kept.lock().get_mut(path) {
                Some(kept) => {
                    kept.broken = Some(seen);
                    tracing::error!(script = %path.display(), "the old component stays: {error}");
                    Ok(kept.guest.clone())
                }
                None => Err(error),
            },
        }
    }

    /// Forgets all; those that are needed again come from the cache on disk.
    pub(crate) fn forget(&self) {
        self.kept.lock().clear();
    }

    fn unchanged(&self, path: &Path, seen: Seen) -> Option<Guest<Host>> {
        let kept = self.kept.lock();
        let kept = kept.get(path)?;
        (kept.seen == seen || kept.broken == Some(seen)).then(|| kept.guest.clone())
    }
}

/// Off the threads that serve calls; a panic is a bug, told like any other reason.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}

fn look(path: &Path) -> io::Result<Seen> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok(Seen { modified: metadata.modified().ok(), length: metadata.len() })
}

fn load(sandbox: &Sandbox, path: &Path) -> Result<Guest<Host>, Unusable> {
    let unreadable = |why: String| Unusable::Unreadable { path: path.to_owned(), why };
    let read = look(path).and_then(|seen| match seen.length {
        0..=MAX_COMPONENT => std::fs::read(path),
        length => {
            let why = format!("it has {length} bytes; a component has at most {MAX_COMPONENT}");
            Err(io::Error::other(why))
        }
    });
    let bytes = read.map_err(|error| unreadable(said(&error)))?;
    Ok(guests::component(sandbox, &path.to_string_lossy(), &bytes)?)
}
