//! Watching folders: which files were changed, told when nobody is changing them any more.
//!
//! Folders are watched under their real names, not files: an editor that writes a new file and renames
//! it leaves nothing of the old one to watch. Folders of scripts are watched from the start, so that it
//! is known of a new script, too, whether it is still being written; others when a version depends on
//! something in them.

use std::{
    collections::{HashMap, HashSet},
    fmt, io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use parking_lot::Mutex;
use rustix::{
    fs::inotify::{self, CreateFlags, WatchFlags},
    io::Errno,
};
use tokio::sync::mpsc;

use super::{
    build::Seen,
    changes::{Batch, Changes},
    file::Stamp,
    trail::trail,
};

/// Folders that are watched. Each costs the kernel about 1 kB; what is not watched is looked at before
/// a run.
const MAX_FOLDERS: usize = 8_192;

/// Folders within folders of scripts that are watched from the start.
const MAX_DEPTH: usize = 16;

/// Batches that may wait for the one that is worked on.
const BATCHES: usize = 4;

/// What the kernel tells: not that files are opened and read, which scripts do all the time.
fn flags() -> WatchFlags {
    WatchFlags::CREATE
        | WatchFlags::MODIFY
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR
        | WatchFlags::EXCL_UNLINK
}

/// The watched folders, if watching was started. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<OnceLock<Watching>>);

struct Watching {
    inotify: Arc<OwnedFd>,
    shared: Arc<Shared>,
    /// Closed with the last clone, which ends the thread.
    _end: UnixStream,
}

/// What the thread and those who ask share.
pub(super) struct Shared {
    pub(super) folders: Mutex<Folders>,
    pub(super) changes: Mutex<Changes>,
    /// The limit of the system was reached, and said.
    limited: AtomicBool,
}

#[derive(Default)]
pub(super) struct Folders {
    pub(super) paths: HashMap<i32, PathBuf>,
    watched: HashSet<PathBuf>,
    /// New folders within these are watched, too.
    pub(super) roots: Vec<PathBuf>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// What is known of the files of a version.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    /// Where a change makes one of the paths lead elsewhere.
    pub(super) places: Vec<PathBuf>,
    /// All changes since the files were read will be told.
    pub(super) complete: bool,
}

impl Watch {
    /// Starts watching; what changed comes out of the receiver. None when it was started before.
    pub(super) fn start(&self) -> io::Result<Option<mpsc::Receiver<Batch>>> {
        if self.0.get().is_some() {
            return Ok(None);
        }
        let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?);
        let shared = Arc::new(Shared {
            folders: Mutex::default(),
            changes: Mutex::default(),
            limited: AtomicBool::new(false),
        });
        let (end, ended) = UnixStream::pair()?;
        let (sender, receiver) = mpsc::channel(BATCHES);
        let watching = Watching { inotify, shared, _end: end };
        let (inotify, shared) = (Arc::clone(&watching.inotify), Arc::clone(&watching.shared));
        if self.0.set(watching).is_err() {
            return Ok(None);
        }
        std::thread::Builder::new()
            .name("script-watch".to_owned())
            .spawn(move || super::changes::follow(&inotify, &shared, &ended, &sender))?;
        Ok(Some(receiver))
    }

    /// Watches folders of scripts and the folders in them. Blocks.
    pub(super) fn folders(&self, roots: &[PathBuf]) {
        let Some(watching) = self.0.get() else { return };
        for root in roots {
            // A folder that is not there is watched when a version looks for something in it.
            let Ok(root) = root.canonicalize() else { continue };
            let mut folders = watching.shared.folders.lock();
            if !folders.roots.contains(&root) {
                folders.roots.push(root.clone());
            }
            drop(folders);
            watching.shared.enter(&watching.inotify, &root, MAX_DEPTH);
        }
    }

    /// Whether somebody has the file open and is changing it.
    pub(super) fn written(&self, path: &Path) -> bool {
        let Some(watching) = self.0.get() else { return false };
        if watching.shared.changes.lock().written.is_empty() {
            return false;
        }
        let Ok(path) = path.canonicalize() else { return false };
        watching.shared.changes.lock().is_written(&path, Instant::now())
    }

    /// Watches for changes of what a version was made from.
    pub(super) async fn add(&self, seen: &Seen) -> Watched {
        if self.0.get().is_none() {
            return Watched::default();
        }
        let (watch, seen) = (self.clone(), seen.clone());
        let adding = tokio::task::spawn_blocking(move || watch.add_now(&seen));
        // A panic in there is a bug, which tokio reports; then nothing is watched.
        adding.await.unwrap_or_default()
    }

    fn add_now(&self, seen: &Seen) -> Watched {
        let Some(watching) = self.0.get() else { return Watched::default() };
        let mut places: Vec<PathBuf> = seen.iter().flat_map(|(path, _)| trail(path)).collect();
        places.sort_unstable();
        places.dedup();
        let mut complete = true;
        for place in &places {
            let folder = place.parent().unwrap_or(place);
            complete &= watching.shared.add(&watching.inotify, folder);
        }
        watching.shared.changes.lock().interest(&places);
        // What was changed before it was watched, nobody tells.
        complete &= seen.iter().all(|(path, stamp)| Stamp::look(path) == *stamp);
        Watched { places, complete }
    }
}

impl Shared {
    /// Watches a folder; false when that is not possible.
    fn add(&self, inotify: &OwnedFd, folder: &Path) -> bool {
        let mut folders = self.folders.lock();
        if folders.watched.contains(folder) {
            return true;
        }
        let added = if folders.watched.len() < MAX_FOLDERS {
            inotify::add_watch(inotify.as_fd(), folder, flags())
        } else {
            Err(Errno::NOSPC)
        };
        match added {
            Ok(watch) => {
                // Its name before, if it was renamed.
                if let Some(before) = folders.paths.insert(watch, folder.to_owned()) {
                    folders.watched.remove(&before);
                }
                folders.watched.insert(folder.to_owned());
                true
            }
            Err(Errno::NOSPC) => {
                if !self.limited.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        folder = %folder.display(),
                        "not all folders of scripts can be watched: the limit is reached (sysctl \
                         fs.inotify.max_user_watches, and {MAX_FOLDERS}); files in the others are looked \
                         at before each run"
                    );
                }
                false
            }
            // It is gone, or not ours to read; whoever needs a file in it looks.
            Err(_) => false,
        }
    }

    /// Watches a folder and those in it.
    pub(super) fn enter(&self, inotify: &OwnedFd, folder: &Path, depth: usize) {
        if !self.add(inotify, folder) || depth == 0 {
            return;
        }
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            // Links are not followed: what they lead to is watched when a version needs it.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.enter(inotify, &entry.path(), depth - 1);
            }
        }
    }

    /// A folder that appeared within a folder of scripts.
    pub(super) fn appeared(&self, inotify: &OwnedFd, folder: &Path) {
        let root = {
            let folders = self.folders.lock();
            folders.roots.iter().any(|root| folder.starts_with(root))
        };
        if root {
            self.enter(inotify, folder, MAX_DEPTH);
        }
    }

    /// A folder that is not there any more, or not under that name.
    pub(super) fn left(&self, inotify: &OwnedFd, watch: i32) -> Option<PathBuf> {
        let mut folders = self.folders.lock();
        let path = folders.paths.remove(&watch)?;
        folders.watched.remove(&path);
        // Fails when the kernel has dropped it already, which is as good.
        let _ = inotify::remove_watch(inotify.as_fd(), watch);
        Some(path)
    }
}
