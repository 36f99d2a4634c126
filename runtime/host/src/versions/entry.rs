//! One script: its current version, the older ones that still run, and what is wrong with its file.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    VersionInfo,
    build::{Built, Seen, build},
    changes::Batch,
    file::Stamp,
    library::{Library, LoadError},
    settings::Settings,
    version::Version,
    watch::{Watch, Watched},
};
use crate::version::LuaVersion;

/// How long files that are not watched may be taken as they are without looking. A look is a hop to
/// another thread and back, about 20 µs; 100 ms is less than it takes to save a file and dial.
const RECHECK: Duration = Duration::from_millis(100);

/// How long files that are watched are. Watching does not tell everything: what another machine did to a
/// network file system, or a folder far above that was renamed.
const RECHECK_WATCHED: Duration = Duration::from_secs(5);

/// How long a version goes without what its runs were the first to require. A script that requires
/// another module in each run would have a new version for each.
const RECHECK_LEARNED: Duration = Duration::from_secs(1);

/// Why a script cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It does not compile and never did: `file:line: …`.
    #[error("{0}")]
    Broken(Arc<str>),
}

/// A script, for one Lua and one profile.
pub(super) struct Entry {
    pub(super) path: PathBuf,
    state: Mutex<State>,
    /// Held while a version is made.
    building: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Version>>,
    old: Vec<Weak<Version>>,
    /// The files as they were when a version was last made or refused; none: to be made again.
    seen: Option<Seen>,
    /// Why there is no newer version than the current one.
    fault: Option<Unusable>,
    looked: Option<Instant>,
    /// A file was missing at the last look. Editors write a new file beside the old one, and there is
    /// none for a moment.
    vanished: bool,
    watched: Watched,
}

/// What [`Entry::refresh`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refreshed {
    /// The files are the ones of the current version, or of the one that was refused.
    Same,
    /// There is a new version.
    New,
    /// There is none, for the reason that the entry keeps.
    Refused,
}

impl Entry {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            state: Mutex::default(),
            building: tokio::sync::Mutex::default(),
        }
    }

    /// The version for a run that starts now. Reads nothing when the files are known to be as they were.
    pub(super) async fn current(
        &self,
        settings: Settings,
        library: &Library,
    ) -> Result<Arc<Version>, Unusable> {
        loop {
            let building = {
                let state = self.state.lock();
                if state.is_fresh(&settings)
                    && let Some(answer) = state.answer()
                {
                    return answer;
                }
                match (self.building.try_lock(), &state.current) {
                    (Ok(building), _) => Some(building),
                    // Somebody is at it: calls go on with what there is.
                    (Err(_), Some(current)) => return Ok(Arc::clone(current)),
                    (Err(_), None) => None,
                }
            };
            if building.is_some() {
                self.make(settings.clone(), library, false).await;
                let state = self.state.lock();
                if let Some(answer) = state.answer() {
                    return answer;
                }
            } else {
                drop(self.building.lock().await);
            }
        }
    }

    /// Makes a new version if the files changed.
    pub(super) async fn refresh(&self, library: &Library) -> Refreshed {
        let _building = self.building.lock().await;
        let settings = self.state.lock().current.as_ref().map(|current| current.settings.clone());
        // Without a version the next run makes one, with its settings.
        match settings {
            Some(settings) => self.make(settings, library, true).await,
            None => {
                self.state.lock().looked = None;
                Refreshed::Same
            }
        }
    }

    /// Makes a version unless the files are as they were. `settled`: nobody has touched them for a while.
    /// The caller holds `building`.
    async fn make(&self, settings: Settings, library: &Library, settled: bool) -> Refreshed {
        let (previous, seen) = {
            let state = self.state.lock();
            let known = match &state.current {
                Some(current) => current.settings.same(&settings) && !current.learned(),
                None => state.fault.is_some(),
            };
            (state.current.clone(), known.then(|| state.seen.clone()).flatten())
        };
        if let Some(seen) = seen {
            let look = look(seen, library.watch().clone()).await;
            let mut state = self.state.lock();
            let vanished = std::mem::replace(&mut state.vanished, look == Look::Vanished);
            let wait = match look {
                Look::Same => true,
                _ if settled || previous.is_none() => false,
                Look::Fresh => true,
                Look::Vanished => !vanished,
                Look::Changed => false,
            };
            if wait {
                state.looked = Some(Instant::now());
                return Refreshed::Same;
            }
        }
        let built = build(&self.path, settings, library, previous.as_deref()).await;
        let watched = match &built {
            Ok(built) => Some(library.watch().add(&built.seen).await),
            Err(_) => None,
        };
        let mut state = self.state.lock();
        state.looked = Some(Instant::now());
        match watched {
            Some(watched) => state.watched = watched,
            None => state.watched.complete = false,
        }
        state.take(&self.path, built)
    }

    /// Whether a change concerns its files.
    pub(super) fn depends(&self, batch: &Batch) -> bool {
        batch.concerns(&self.state.lock().watched.places)
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_idle(&self) -> bool {
        let mut state = self.state.lock();
        state.old.retain(|version| version.strong_count() > 0);
        state.old.is_empty()
            && state.current.as_ref().is_none_or(|current| current.running() == 0)
            && self.building.try_lock().is_ok()
    }

    pub(super) fn fault(&self) -> Option<String> {
        self.state.lock().fault.as_ref().map(ToString::to_string)
    }

    pub(super) fn list(&self, lua: LuaVersion, profile: &str, list: &mut Vec<VersionInfo>) {
        let mut state = self.state.lock();
        state.old.retain(|version| version.strong_count() > 0);
        let info = |version: Option<&Version>, current| VersionInfo {
            script: self.path.clone(),
            id: version.and_then(|version| version.id.clone()),
            lua,
            profile: profile.to_owned(),
            current,
            running: version.map_or(0, Version::running),
            modules: version.map(Version::required).unwrap_or_default(),
            since: version.map(|version| version.since),
            fault: state.fault.as_ref().filter(|_| current).map(ToString::to_string),
            watched: state.watched.complete,
        };
        list.push(info(state.current.as_deref(), true));
        let old = state.old.iter().filter_map(Weak::upgrade);
        list.extend(old.map(|version| info(Some(&version), false)));
    }
}

impl State {
    /// Whether the files need no look.
    fn is_fresh(&self, settings: &Settings) -> bool {
        let recheck = if self.watched.complete { RECHECK_WATCHED } else { RECHECK };
        let (known, recheck) = match &self.current {
            Some(current) if current.learned() => {
                (current.settings.same(settings), recheck.min(RECHECK_LEARNED))
            }
            Some(current) => (current.settings.same(settings), recheck),
            None => (self.fault.is_some(), recheck),
        };
        known && self.looked.is_some_and(|looked| looked.elapsed() < recheck)
    }

    fn answer(&self) -> Option<Result<Arc<Version>, Unusable>> {
        match (&self.current, &self.fault) {
            (Some(current), _) => Some(Ok(Arc::clone(current))),
            (None, Some(fault)) => Some(Err(fault.clone())),
            (None, None) => None,
        }
    }

    /// Takes what was built, if it may replace what there is; says so in the log.
    fn take(&mut self, path: &Path, built: Result<Built, LoadError>) -> Refreshed {
        self.vanished = false;
        let script = path.display();
        let built = match built {
            Ok(built) => built,
            Err(error) => {
                if let LoadError::Unreadable(unreadable) = &error
                    && unreadable.missing
                    && let Some(gone) = self.current.take()
                {
                    tracing::warn!(
                        %script,
                        "the file is gone: the script does not start any more; what runs goes on"
                    );
                    self.old.push(Arc::downgrade(&gone));
                }
                self.seen = None;
                self.refuse(path, error.into());
                return Refreshed::Refused;
            }
        };
        self.seen = Some(built.seen);
        let new = built.version;
        let broken = new.script.as_ref().is_some_and(|script| script.code.is_err());
        // With a broken module it is as good as the one before if that has one, and starts if none was.
        let worse =
            new.is_faulty() && self.current.as_ref().is_some_and(|current| !current.is_faulty());
        match new.fault() {
            Some(fault) if broken || worse => {
                self.refuse(path, Unusable::Broken(fault));
                return Refreshed::Refused;
            }
            Some(fault) => {
                let why = Unusable::Broken(fault);
                if self.fault.as_ref() != Some(&why) {
                    tracing::error!(%script, "a module of the script cannot be loaded: {why}");
                }
                self.fault = Some(why);
            }
            None => self.fault = None,
        }
        let id = new.id.as_deref().unwrap_or_default();
        match &self.current {
            Some(current) if current.id == new.id && current.settings.same(&new.settings) => {
                current.settle();
                return Refreshed::Same;
            }
            Some(current) => {
                let before = current.id.as_deref().unwrap_or_default();
                if current.learned() || current.id == new.id {
                    tracing::debug!(%script, version = id, before, "the script's version is made anew");
                } else {
                    tracing::info!(%script, version = id, before, "the script has a new version");
                }
                self.old.push(Arc::downgrade(current));
            }
            None => tracing::debug!(%script, version = id, "the script is compiled"),
        }
        self.current = Some(Arc::new(new));
        Refreshed::New
    }

    /// Keeps the reason, and says it once.
    fn refuse(&mut self, path: &Path, why: Unusable) {
        let script = path.display();
        if self.fault.as_ref() == Some(&why) {
            return;
        }
        match &self.current {
            Some(current) => {
                let version = current.id.as_deref().unwrap_or_default();
                tracing::error!(%script, version, "the script is not replaced, the version before stays: {why}");
            }
            // Whoever started it says so.
            None => tracing::debug!(%script, "the script cannot start: {why}"),
        }
        self.fault = Some(why);
    }
}

/// What became of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Same,
    /// One was changed just now, and may be changed again.
    Fresh,
    Vanished,
    Changed,
}

async fn look(seen: Seen, watch: Watch) -> Look {
    let looking = tokio::task::spawn_blocking(move || {
        let mut result = Look::Same;
        for (path, known) in &seen {
            let stamp = Stamp::look(path);
            result = match (stamp, result) {
                _ if stamp == *known => result,
                (Some(stamp), _) if stamp.is_fresh() || watch.written(path) => return Look::Fresh,
                (None, _) | (_, Look::Vanished) => Look::Vanished,
                _ => Look::Changed,
            };
        }
        result
    });
    // A panic in there is a bug, which tokio reports.
    looking.await.unwrap_or(Look::Changed)
}
