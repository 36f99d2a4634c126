//! A version of a script: its file and everything that it required, as they were when it was made.

use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use parking_lot::Mutex;

use super::{
    file,
    library::{Code, File, Library, LoadError},
    settings::Settings,
};

/// Files that `require` looks for, for one module; more are not looked at. `package.path` has a handful.
pub(crate) const MAX_CANDIDATES: usize = 1_024;

/// Paths that a version keeps, whether there is a file or not. A script that looks for more gets further
/// files as they are when it requires them.
const MAX_PINS: usize = 8_192;

/// Bytes of names that a version keeps for the sake of its lookups. Each holds all its candidates, and a
/// script can make each long and each a little different.
const MAX_LOOKUPS: usize = 4 << 20;

/// The longest path that a version keeps, in bytes: the system's limit.
const MAX_PATH: usize = 4_096;

/// A version of a script. Made once and never changed, but for modules that nobody knew of: what a run
/// requires first stays so for all runs of the version.
pub(crate) struct Version {
    /// The hash of what it was made of; none for code that is in no file.
    pub(crate) id: Option<Arc<str>>,
    /// The script; none for code that is in no file.
    pub(crate) script: Option<Arc<File>>,
    pub(super) settings: Settings,
    pub(super) since: SystemTime,
    library: Library,
    modules: Mutex<Modules>,
    running: AtomicUsize,
}

/// What a version knows about the files that it may require.
#[derive(Clone, Default)]
pub(super) struct Modules {
    /// What is there, and what is not.
    pub(super) pins: HashMap<PathBuf, Option<Arc<File>>>,
    /// What was looked for, in order.
    pub(super) lookups: Vec<Lookup>,
    /// Their names, in bytes.
    size: usize,
    /// A run required what the version's name does not contain.
    pub(super) learned: bool,
}

/// A module that is required, and the files that it may be in, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lookup {
    pub(super) module: String,
    /// As errors call them, and where they are.
    pub(super) candidates: Arc<[(String, PathBuf)]>,
}

impl Lookup {
    pub(super) fn new(settings: &Settings, module: &str, candidates: Vec<String>) -> Self {
        let located = candidates.into_iter().take(MAX_CANDIDATES).map(|name| {
            let path = settings.path(&name);
            (name, path)
        });
        Self { module: module.to_owned(), candidates: located.collect() }
    }
}

impl Lookup {
    fn size(&self) -> usize {
        let size = |(name, path): &(String, PathBuf)| name.len() + path.as_os_str().len();
        self.module.len() + self.candidates.iter().map(size).sum::<usize>()
    }

    /// Looks on disk, from a candidate on.
    pub(super) async fn look(
        &self,
        from: usize,
        settings: &Settings,
        library: &Library,
    ) -> Option<(usize, Result<Arc<File>, LoadError>)> {
        let paths: Vec<PathBuf> =
            self.candidates.iter().skip(from).map(|(_, path)| path.clone()).collect();
        let grants = settings.grants().to_vec();
        let looking = tokio::task::spawn_blocking(move || file::first(&paths, &grants));
        // A panic in there is a bug, which tokio reports; nothing was found.
        let index = from + looking.await.ok()??;
        let (name, path) = self.candidates.get(index)?;
        let file = library.load(settings.lua, name, path, Some(settings.grants())).await;
        Some((index, file))
    }
}

/// What pins say about a lookup.
enum Known {
    Found(usize, Arc<File>),
    Missing,
    /// From this candidate on.
    Unknown(usize),
}

impl Modules {
    fn known(&self, lookup: &Lookup) -> Known {
        for (index, (_, path)) in lookup.candidates.iter().enumerate() {
            match self.pins.get(path) {
                Some(Some(file)) => return Known::Found(index, Arc::clone(file)),
                Some(None) => {}
                None => return Known::Unknown(index),
            }
        }
        Known::Missing
    }

    /// Keeps what a lookup came to: nothing before `found`, and that. False when there is no room.
    pub(super) fn pin(&mut self, lookup: &Lookup, found: Option<(usize, &Arc<File>)>) -> bool {
        let end = found.map_or(lookup.candidates.len(), |(index, _)| index);
        let long = |(_, path): &(String, PathBuf)| path.as_os_str().len() > MAX_PATH;
        if self.pins.len() + end >= MAX_PINS
            || self.lookups.len() >= MAX_PINS
            || self.size + lookup.size() > MAX_LOOKUPS
            || lookup.candidates.iter().any(long)
        {
            return false;
        }
        // Another run may have been quicker; then it stays as that run found it.
        for (_, path) in lookup.candidates.iter().take(end) {
            self.pins.entry(path.clone()).or_insert(None);
        }
        if let Some((index, file)) = found
            && let Some((_, path)) = lookup.candidates.get(index)
        {
            self.pins.entry(path.clone()).or_insert_with(|| Some(Arc::clone(file)));
        }
        if !self.lookups.contains(lookup) {
            self.size += lookup.size();
            self.lookups.push(lookup.clone());
        }
        true
    }

    /// The files, in an order that does not depend on who required them first.
    pub(super) fn files(&self) -> Vec<&File> {
        let mut files: Vec<&File> = self.pins.values().flatten().map(|file| &**file).collect();
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        files
    }
}

impl Version {
    pub(super) fn new(
        id: Option<Arc<str>>,
        script: Option<Arc<File>>,
        settings: Settings,
        library: Library,
        modules: Modules,
    ) -> Self {
        Self {
            id,
            script,
            settings,
            since: SystemTime::now(),
            library,
            modules: Mutex::new(modules),
            running: AtomicUsize::new(0),
        }
    }

    /// Of code that is in no file: what it requires stays as it is for this run.
    pub(crate) fn inline(settings: Settings, library: Library) -> Self {
        Self::new(None, None, settings, library, Modules::default())
    }

    /// The script, compiled; nothing for code that is in no file.
    pub(crate) fn code(&self) -> &[u8] {
        match self.script.as_ref().map(|script| &script.code) {
            Some(Ok(code)) => code,
            // A version whose script does not compile is nobody's.
            Some(Err(_)) | None => &[],
        }
    }

    pub(super) fn modules(&self) -> Modules {
        self.modules.lock().clone()
    }

    pub(super) fn learned(&self) -> bool {
        self.modules.lock().learned
    }

    /// What the version did not know of is known now.
    pub(super) fn settle(&self) {
        self.modules.lock().learned = false;
    }

    /// Why it cannot run as it should: the first file that does not compile, the script before modules.
    pub(super) fn fault(&self) -> Option<Arc<str>> {
        let script = self.script.as_ref().and_then(|script| script.code.as_ref().err().cloned());
        let of_module = || {
            let modules = self.modules.lock();
            modules.files().into_iter().find_map(|file| file.code.as_ref().err().cloned())
        };
        script.or_else(of_module)
    }

    pub(super) fn is_faulty(&self) -> bool {
        self.fault().is_some()
    }

    /// The files that it required.
    pub(super) fn required(&self) -> Vec<PathBuf> {
        let modules = self.modules.lock();
        modules.files().into_iter().map(|file| file.path.clone()).collect()
    }

    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// What `require` finds: the first of `candidates` that is there, by its index.
    pub(crate) async fn find(
        &self,
        module: &str,
        candidates: Vec<String>,
    ) -> Option<(usize, Code)> {
        let lookup = Lookup::new(&self.settings, module, candidates);
        loop {
            let from = match self.modules.lock().known(&lookup) {
                Known::Found(index, file) => return Some((index, file.code.clone())),
                Known::Missing => return None,
                Known::Unknown(from) => from,
            };
            let found = match lookup.look(from, &self.settings, &self.library).await {
                None => None,
                Some((index, Ok(file))) => Some((index, file)),
                // Not kept: the next one to require it may have more luck.
                Some((index, Err(error))) => return Some((index, Err(error.to_string().into()))),
            };
            let found = found.as_ref().map(|(index, file)| (*index, file));
            let mut modules = self.modules.lock();
            if !modules.pin(&lookup, found) {
                return found.map(|(index, file)| (index, file.code.clone()));
            }
            modules.learned = true;
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Version").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A version in use by a run; its end is the end of the last run's.
#[derive(Debug)]
pub(crate) struct Pinned(Arc<Version>);

impl Pinned {
    pub(crate) fn new(version: Arc<Version>) -> Self {
        version.running.fetch_add(1, Ordering::Relaxed);
        Self(version)
    }

    pub(crate) fn version(&self) -> &Arc<Version> {
        &self.0
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lookups_keep_is_bounded() {
        let mut modules = Modules::default();
        let long = "x".repeat(MAX_PATH);
        // Each has one candidate that no other has, and many long ones that all have.
        let pinned = (0..MAX_PINS)
            .take_while(|number| {
                let own = (number.to_string(), PathBuf::from(number.to_string()));
                let shared = (0..100).map(|_| (long.clone(), PathBuf::from(&long)));
                let candidates = std::iter::once(own).chain(shared).collect();
                modules.pin(&Lookup { module: "m".to_owned(), candidates }, None)
            })
            .count();
        assert!((1..=MAX_LOOKUPS / (200 * MAX_PATH)).contains(&pinned), "{pinned}");
        assert!(modules.size <= MAX_LOOKUPS);
    }
}
