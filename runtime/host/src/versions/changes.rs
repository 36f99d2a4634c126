//! What the kernel tells about watched folders, gathered until nobody changes anything.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{ffi::OsStrExt, fs::MetadataExt, net::UnixStream},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::inotify::{ReadFlags, Reader},
    io::Errno,
};
use tokio::sync::mpsc;

use super::watch::Shared;

/// Quiet for so long, and what changed is told: editors and `git checkout` touch many files in a row.
const QUIET: Duration = Duration::from_millis(50);

/// What changed is told at last after this time, however much goes on.
const LONGEST: Duration = Duration::from_secs(1);

/// A file that somebody has open for writing and has not changed for so long is taken as it is.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// Paths that are gathered; more, and all files are looked at.
const MAX_CHANGED: usize = 10_000;

/// Places that versions depend on; more, and every file counts.
const MAX_PLACES: usize = 100_000;

/// What changed.
#[derive(Debug, Default)]
pub(super) struct Batch {
    changed: HashSet<PathBuf>,
    /// These are still being written, and told later.
    written: HashSet<PathBuf>,
    /// The kernel had too much to tell: anything may have changed.
    all: bool,
}

impl Batch {
    /// Whether what depends on these places should be looked at.
    pub(super) fn concerns(&self, places: &[PathBuf]) -> bool {
        !places.iter().any(|place| self.written.contains(place))
            && (self.all
                || places.iter().any(|place| {
                    // A folder that was renamed changes all that is in it.
                    place.ancestors().any(|ancestor| self.changed.contains(ancestor))
                }))
    }
}

/// What is gathered.
#[derive(Default)]
pub(super) struct Changes {
    /// Files that somebody has open and is changing, and since when nothing more was heard.
    pub(super) written: HashMap<PathBuf, Instant>,
    changed: HashSet<PathBuf>,
    all: bool,
    /// The first and the last change that was not told yet.
    span: Option<(Instant, Instant)>,
    /// What versions depend on, and the folders that lead there.
    places: HashSet<PathBuf>,
    everything: bool,
}

impl Changes {
    /// Changes of these places are of interest.
    pub(super) fn interest(&mut self, places: &[PathBuf]) {
        if self.places.len() + places.len() > MAX_PLACES {
            self.everything = true;
        } else {
            // A folder above them may be renamed.
            let all = places.iter().flat_map(|place| place.ancestors());
            self.places.extend(all.map(Path::to_owned));
        }
    }

    pub(super) fn is_written(&self, path: &Path, now: Instant) -> bool {
        self.written.get(path).is_some_and(|last| now.duration_since(*last) < FORGOTTEN)
    }

    fn is_of_interest(&self, path: &Path) -> bool {
        self.everything || path.extension() == Some(OsStr::new("lua")) || self.places.contains(path)
    }

    fn change(&mut self, path: PathBuf, now: Instant) {
        if self.changed.len() + self.written.len() >= MAX_CHANGED {
            self.lost(now);
        } else {
            self.changed.insert(path);
            self.heard(now);
        }
    }

    fn lost(&mut self, now: Instant) {
        self.all = true;
        self.changed.clear();
        self.written.clear();
        self.heard(now);
    }

    fn heard(&mut self, now: Instant) {
        let (first, _) = self.span.unwrap_or((now, now));
        self.span = Some((first, now));
    }

    /// When something must be done, if nothing more is heard.
    fn due(&self) -> Option<Instant> {
        let told = self.span.map(|(first, last)| (last + QUIET).min(first + LONGEST));
        let forgotten = self.written.values().min().map(|last| *last + FORGOTTEN);
        told.into_iter().chain(forgotten).min()
    }

    /// What is to be told now.
    fn take(&mut self, now: Instant) -> Option<Batch> {
        let forgotten: Vec<PathBuf> = self
            .written
            .extract_if(|_, last| now.duration_since(*last) >= FORGOTTEN)
            .map(|(path, _)| path)
            .collect();
        for path in forgotten {
            self.change(path, now);
        }
        let (first, last) = self.span?;
        if now < (last + QUIET).min(first + LONGEST) {
            return None;
        }
        self.span = None;
        let mut changed = std::mem::take(&mut self.changed);
        changed.retain(|path| !self.written.contains_key(path));
        let written = self.written.keys().cloned().collect();
        let all = std::mem::take(&mut self.all);
        (all || !changed.is_empty()).then_some(Batch { changed, written, all })
    }
}

/// The thread: reads what the kernel tells until the other end of `ended` is closed.
pub(super) fn follow(
    inotify: &OwnedFd,
    shared: &Shared,
    ended: &UnixStream,
    sender: &mpsc::Sender<Batch>,
) {
    let mut buffer = [const { MaybeUninit::uninit() }; 16 << 10];
    loop {
        let due = shared.changes.lock().due();
        let wait = due.map(|due| due.saturating_duration_since(Instant::now()));
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        let mut events = [
            PollFd::new(inotify, PollFlags::IN),
            PollFd::from_borrowed_fd(ended.as_fd(), PollFlags::IN),
        ];
        match poll(&mut events, wait.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => {
                tracing::error!("scripts are not watched any more: {error}");
                return;
            }
        }
        let [told, end] = events;
        if !end.revents().is_empty() {
            return;
        }
        if !told.revents().is_empty()
            && let Err(error) = read(inotify, shared, &mut buffer)
        {
            tracing::error!("scripts are not watched any more: {error}");
            return;
        }
        let batch = shared.changes.lock().take(Instant::now());
        if let Some(batch) = batch
            && sender.blocking_send(batch).is_err()
        {
            return;
        }
    }
}

/// Takes all events that there are.
fn read(inotify: &OwnedFd, shared: &Shared, buffer: &mut [MaybeUninit<u8>]) -> Result<(), Errno> {
    let mut reader = Reader::new(inotify, buffer);
    loop {
        let (watch, what, name) = match reader.next() {
            Ok(event) => {
                let name =
                    event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()).to_owned());
                (event.wd(), event.events(), name)
            }
            Err(Errno::AGAIN) => return Ok(()),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error),
        };
        let now = Instant::now();
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            shared.changes.lock().lost(now);
            continue;
        }
        let within = shared.folders.lock().paths.get(&watch).cloned();
        let Some(within) = within else { continue };
        let Some(name) = name else {
            if what.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED) {
                shared.left(inotify, watch);
                shared.changes.lock().change(within, now);
            }
            continue;
        };
        let path = within.join(name);
        let folder = what.contains(ReadFlags::ISDIR);
        if folder && what.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
            shared.appeared(inotify, &path);
        }
        if !shared.changes.lock().is_of_interest(&path) {
            continue;
        }
        // Links, also hard ones, are there at once; a new file somebody has open.
        let opened = what.contains(ReadFlags::CREATE)
            && !folder
            && path.symlink_metadata().is_ok_and(|file| file.is_file() && file.nlink() == 1);
        let mut changes = shared.changes.lock();
        if opened || what.contains(ReadFlags::MODIFY) {
            changes.written.insert(path.clone(), now);
        } else {
            changes.written.remove(&path);
        }
        changes.change(path, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> PathBuf {
        Path::new("/scripts").join(name)
    }

    /// As `read` does it.
    fn event(changes: &mut Changes, name: &str, written: bool, now: Instant) {
        if written {
            changes.written.insert(place(name), now);
        } else {
            changes.written.remove(&place(name));
        }
        changes.change(place(name), now);
    }

    #[test]
    fn changes_are_told_when_it_is_quiet() {
        let (mut changes, start) = (Changes::default(), Instant::now());
        event(&mut changes, "a.lua", false, start);
        assert!(changes.take(start + QUIET / 2).is_none());
        event(&mut changes, "b.lua", false, start + QUIET / 2);
        assert!(changes.take(start + QUIET).is_none());
        assert_eq!(changes.due(), Some(start + QUIET / 2 + QUIET));
        let batch = changes.take(start + 2 * QUIET);
        let batch = batch.as_ref();
        assert!(batch.is_some_and(|batch| batch.concerns(&[place("a.lua")])));
        assert!(batch.is_some_and(|batch| batch.concerns(&[place("c.lua"), place("b.lua")])));
        assert!(batch.is_some_and(|batch| !batch.concerns(&[place("c.lua")])));
        assert_eq!((changes.due(), changes.take(start + 9 * QUIET).is_none()), (None, true));
    }

    #[test]
    fn a_storm_is_told_after_a_second() {
        let (mut changes, start) = (Changes::default(), Instant::now());
        let mut told = 0;
        for step in 0..300 {
            let now = start + step * Duration::from_millis(10);
            event(&mut changes, "a.lua", false, now);
            told += u32::from(changes.take(now).is_some());
        }
        assert_eq!(told, 2);
    }

    #[test]
    fn what_is_being_written_is_told_when_it_is_closed_or_forgotten() {
        let (mut changes, start) = (Changes::default(), Instant::now());
        event(&mut changes, "a.lua", true, start);
        event(&mut changes, "b.lua", false, start);
        let now = start + QUIET;
        assert!(changes.is_written(&place("a.lua"), now));
        let batch = changes.take(now);
        let batch = batch.as_ref();
        assert!(batch.is_some_and(|batch| batch.concerns(&[place("b.lua")])));
        // A script that also requires what is being written waits.
        assert!(batch.is_some_and(|batch| !batch.concerns(&[place("b.lua"), place("a.lua")])));

        event(&mut changes, "a.lua", false, now);
        let batch = changes.take(now + QUIET);
        assert!(batch.is_some_and(|batch| batch.concerns(&[place("a.lua")])));

        event(&mut changes, "a.lua", true, now);
        assert!(changes.take(now + QUIET).is_none());
        assert_eq!(changes.due(), Some(now + FORGOTTEN));
        assert!(changes.take(now + FORGOTTEN).is_none());
        assert!(!changes.is_written(&place("a.lua"), now + FORGOTTEN));
        let batch = changes.take(now + FORGOTTEN + QUIET);
        assert!(batch.is_some_and(|batch| batch.concerns(&[place("a.lua")])));
    }

    #[test]
    fn too_much_to_tell_concerns_all() {
        let (mut changes, start) = (Changes::default(), Instant::now());
        for number in 0..=MAX_CHANGED {
            event(&mut changes, &format!("{number}.lua"), false, start);
        }
        assert!(changes.changed.len() + changes.written.len() <= MAX_CHANGED);
        let batch = changes.take(start + QUIET);
        assert!(batch.is_some_and(|batch| batch.concerns(&[place("other.lua")])));
    }

    #[test]
    fn a_folder_that_is_renamed_concerns_what_is_in_it() {
        let (mut changes, start) = (Changes::default(), Instant::now());
        changes.interest(&[place("lib/deep/a.lua")]);
        assert!(changes.is_of_interest(&place("lib")) && changes.is_of_interest(&place("new.lua")));
        assert!(!changes.is_of_interest(&place("call.log")));
        changes.change(place("lib"), start);
        let batch = changes.take(start + QUIET);
        assert!(batch.is_some_and(|batch| batch.concerns(&[place("lib/deep/a.lua")])));
    }
}
