//! Versions of scripts: a file and everything that it required, compiled once, replaced as a whole.
//!
//! [`Versions::current`] answers what a run that starts now gets. A version is made aside (`build`): its
//! files are read whole (`file`), compiled in a guest (`library`), with the modules that they require by
//! name (`requires`) and those that earlier runs required. Only when that went well the `entry` of the
//! script takes it. Runs hold theirs ([`Pinned`]); it goes with the last of them.
//!
//! Changes are told by inotify (`watch`: which folders, with what is a link resolved by `trail`;
//! `changes`: until nobody writes any more), or seen by a look at the files before a run.

mod build;
mod changes;
mod entry;
mod file;
mod library;
mod requires;
mod settings;
mod trail;
mod version;
mod watch;

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use futures_util::StreamExt;
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::{check::ScriptFault, guests::Guests, version::LuaVersion};
use changes::Batch;
use entry::{Entry, Refreshed};
use library::Library;
use watch::Watch;

pub(crate) use entry::Unusable;
pub use file::MAX_SOURCE;
pub(crate) use file::said;
pub(crate) use library::LoadError;
pub(crate) use settings::Settings;
pub(crate) use version::{Pinned, Version};

/// Scripts whose versions are kept; for one more, those that do not run are forgotten. Names of scripts
/// may come from callers.
const MAX_SCRIPTS: usize = 4_096;

/// Scripts that are looked at side by side after a change.
const REFRESHING: usize = 8;

/// A version of a script, for lists.
#[derive(Clone, Debug)]
pub struct VersionInfo {
    /// The script's file.
    pub script: PathBuf,
    /// The version: a hash of the file and of what it required. None when nothing could be compiled.
    pub id: Option<Arc<str>>,
    /// The Lua that runs it.
    pub lua: LuaVersion,
    /// The profile that it runs under.
    pub profile: String,
    /// Runs that start now get it. Others end with their last run.
    pub current: bool,
    /// How many runs have it.
    pub running: usize,
    /// The modules that it required.
    pub modules: Vec<PathBuf>,
    /// When it was made.
    pub since: Option<SystemTime>,
    /// Why there is no newer one, with file and line in front.
    pub fault: Option<String>,
    /// Changes are told at once; otherwise the files are looked at before a run.
    pub watched: bool,
}

/// What [`Versions::reload`] came to.
#[derive(Clone, Debug, Default)]
pub struct Reloaded {
    /// Scripts that were looked at.
    pub scripts: usize,
    /// Those that have a new version.
    pub changed: usize,
    /// What is wrong with those that could not be replaced.
    pub faults: Vec<ScriptFault>,
}

type Key = (PathBuf, LuaVersion, String);

/// The versions of all scripts. Clones are the same.
#[derive(Clone)]
pub struct Versions(Arc<Inner>);

struct Inner {
    library: Library,
    entries: Mutex<HashMap<Key, Arc<Entry>>>,
}

impl fmt::Debug for Versions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Versions").finish_non_exhaustive()
    }
}

impl Versions {
    pub(crate) fn new(guests: Guests) -> Self {
        let library = Library::new(guests, Watch::default());
        Self(Arc::new(Inner { library, entries: Mutex::default() }))
    }

    /// Makes new versions as soon as files change, from now on; `folders` are those that scripts are in.
    ///
    /// When the system cannot watch, that is said in the log, and files are looked at before a run.
    pub(crate) fn watch(&self, runtime: &Handle, folders: Vec<PathBuf>) {
        match self.0.library.watch().start() {
            Ok(Some(mut batches)) => {
                let versions = Arc::downgrade(&self.0);
                runtime.spawn(async move {
                    while let Some(batch) = batches.recv().await {
                        let Some(versions) = versions.upgrade() else { return };
                        Self(versions).changed(&batch).await;
                    }
                });
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(
                    "scripts cannot be watched, their files are looked at before each run: {error} (sysctl \
                     fs.inotify.max_user_instances is how many programs may watch)"
                );
                return;
            }
        }
        let watch = self.0.library.watch().clone();
        drop(runtime.spawn_blocking(move || watch.folders(&folders)));
    }

    async fn changed(&self, batch: &Batch) {
        let concerned = self.entries().into_iter().filter(|(_, entry)| entry.depends(batch));
        let library = &self.0.library;
        futures_util::stream::iter(concerned)
            .for_each_concurrent(REFRESHING, |(_, entry)| async move {
                entry.refresh(library).await;
            })
            .await;
    }

    /// The version for a run that starts now. When its files are known to be as they were, that is a
    /// look into a table.
    pub(crate) async fn current(
        &self,
        path: &Path,
        settings: Settings,
    ) -> Result<Arc<Version>, Unusable> {
        let key = (path.to_owned(), settings.lua, settings.profile.name().to_owned());
        let entry = self.entry(&key);
        let current = entry.current(settings, &self.0.library).await;
        if let Err(Unusable::Load(LoadError::Unreadable(unreadable))) = &current
            && unreadable.missing
            && entry.is_idle()
        {
            self.0.entries.lock().remove(&key);
        }
        current
    }

    /// For code that is in no file.
    pub(crate) fn inline(&self, settings: Settings) -> Arc<Version> {
        Arc::new(Version::inline(settings, self.0.library.clone()))
    }

    /// Compiles a file and nothing that it requires.
    pub(crate) async fn check(&self, path: &Path, lua: LuaVersion) -> Result<(), Unusable> {
        let name = path.to_string_lossy();
        let file = self.0.library.load(lua, &name, path, None).await?;
        file.code.as_ref().map(drop).map_err(|fault| Unusable::Broken(Arc::clone(fault)))
    }

    /// All versions that runs have or would get, by script.
    #[must_use]
    pub fn list(&self) -> Vec<VersionInfo> {
        let mut list = Vec::new();
        for ((_, lua, profile), entry) in self.entries() {
            entry.list(lua, &profile, &mut list);
        }
        list
    }

    /// Looks at the files of all scripts, and makes new versions where they changed.
    ///
    /// What does not compile replaces nothing. Scripts that were never started are compiled when they
    /// are.
    pub async fn reload(&self) -> Reloaded {
        let mut reloaded = Reloaded::default();
        for (_, entry) in self.entries() {
            reloaded.scripts += 1;
            match entry.refresh(&self.0.library).await {
                Refreshed::New => reloaded.changed += 1,
                Refreshed::Same | Refreshed::Refused => {}
            }
            reloaded.faults.extend(entry.fault().map(|message| ScriptFault { message }));
        }
        reloaded
    }

    /// Forgets all that was compiled. What runs keeps what it has.
    pub(crate) fn forget(&self) {
        self.0.entries.lock().clear();
    }

    fn entries(&self) -> Vec<(Key, Arc<Entry>)> {
        let entries = self.0.entries.lock();
        let mut entries: Vec<_> =
            entries.iter().map(|(key, entry)| (key.clone(), Arc::clone(entry))).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries
    }

    fn entry(&self, key: &Key) -> Arc<Entry> {
        let mut entries = self.0.entries.lock();
        if let Some(entry) = entries.get(key) {
            return Arc::clone(entry);
        }
        if entries.len() >= MAX_SCRIPTS {
            entries.retain(|_, entry| !entry.is_idle());
        }
        let entry = Arc::new(Entry::new(&key.0));
        entries.insert(key.clone(), Arc::clone(&entry));
        entry
    }
}
