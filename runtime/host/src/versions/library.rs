//! Compiled source files, shared by all versions that have them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use ringfence_sandbox::{Directory, Owner, Profile, Run};
use ringfence_text::hex;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{
    file::{self, Content, Stamp, Unreadable},
    requires::requires,
    watch::Watch,
};
use crate::{
    bindings::{Fault, Interpreter},
    guests::Guests,
    host::Host,
    version::LuaVersion,
};

/// Guests that compile at the same time. More would only take guests from calls: a script of 1,000 lines
/// takes 1 ms.
const COMPILING: usize = 2;

/// The processor time that compiling one file may take. [`file::MAX_SOURCE`] takes under a second.
const COMPILE_CPU: Duration = Duration::from_secs(10);

/// What the interpreter's `compile` made of a file, or why it could not: `file:line: …`.
pub(crate) type Code = Result<Arc<[u8]>, Arc<str>>;

/// A source file as it was when it was read, compiled.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(super) hash: [u8; 32],
    pub(crate) code: Code,
    /// The modules that it requires by name.
    pub(super) requires: Vec<String>,
    stamp: Mutex<Stamp>,
}

impl File {
    pub(super) fn stamp(&self) -> Stamp {
        *self.stamp.lock()
    }
}

/// Why there is no compiled file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Not the file's fault: no guest is free, or none can be made.
    #[error("cannot compile {}: {why}", .path.display())]
    Compiler { path: PathBuf, why: String },
}

/// Compiled code holds the name that errors show, so a file of two names is there twice.
type Key = (LuaVersion, String, PathBuf);

/// All compiled files that some version has.
#[derive(Clone)]
pub(crate) struct Library(Arc<Inner>);

struct Inner {
    guests: Guests,
    watch: Watch,
    files: Mutex<HashMap<Key, Weak<File>>>,
    compiling: Semaphore,
    profile: Arc<Profile>,
}

impl Library {
    pub(super) fn new(guests: Guests, watch: Watch) -> Self {
        let mut profile = Profile::new("compile");
        profile.cpu = Some(COMPILE_CPU);
        Self(Arc::new(Inner {
            guests,
            watch,
            files: Mutex::default(),
            compiling: Semaphore::new(COMPILING),
            profile: Arc::new(profile),
        }))
    }

    pub(super) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    /// Reads and compiles a file, unless that was done. `name` is what errors call it.
    pub(crate) async fn load(
        &self,
        lua: LuaVersion,
        name: &str,
        path: &Path,
        grants: Option<&[Directory]>,
    ) -> Result<Arc<File>, LoadError> {
        let key = (lua, name.to_owned(), path.to_owned());
        let known = self.0.files.lock().get(&key).and_then(Weak::upgrade);
        let reading = tokio::task::spawn_blocking({
            let (path, grants) = (path.to_owned(), grants.map(<[_]>::to_vec));
            let (stamp, watch) = (known.as_ref().map(|file| file.stamp()), self.0.watch.clone());
            move || file::read(&path, grants.as_deref(), stamp, |path| watch.written(path))
        });
        let panicked = |error: tokio::task::JoinError| Unreadable {
            path: path.to_owned(),
            why: error.to_string(),
            missing: false,
        };
        let (stamp, bytes) = match (reading.await.map_err(panicked)??, &known) {
            (Content::New(stamp, bytes), _) => (stamp, bytes),
            (Content::Same, Some(file)) => return Ok(Arc::clone(file)),
            (Content::Same, None) => {
                let why = "it was not read".to_owned();
                return Err(Unreadable { path: path.to_owned(), why, missing: false }.into());
            }
        };
        let hash = Sha256::digest(&bytes).into();
        if let Some(known) = known
            && known.hash == hash
        {
            *known.stamp.lock() = stamp;
            return Ok(known);
        }
        let requires = requires(&bytes);
        let code = self.compile(lua, name, bytes).await;
        let code = code.map_err(|why| LoadError::Compiler { path: path.to_owned(), why })?;
        let file = Arc::new(File {
            path: path.to_owned(),
            hash,
            code: code.map(Arc::from).map_err(|fault| Arc::from(fault.message)),
            requires,
            stamp: Mutex::new(stamp),
        });
        let mut files = self.0.files.lock();
        files.retain(|_, file| file.strong_count() > 0);
        files.insert(key, Arc::downgrade(&file));
        Ok(file)
    }

    /// Compiles in a guest of its own, which makes no host call.
    async fn compile(
        &self,
        lua: LuaVersion,
        name: &str,
        source: Vec<u8>,
    ) -> Result<Result<Vec<u8>, Fault>, String> {
        let _turn = self.0.compiling.acquire().await.map_err(|error| error.to_string())?;
        let interpreter =
            self.0.guests.interpreter(lua).await.map_err(|error| error.to_string())?;
        let mut run = Run::new("compile", Arc::clone(&self.0.profile), Host::nothing());
        run.owner = Owner::new("compile", name);
        let name = name.to_owned();
        let sandbox = self.0.guests.sandbox();
        let started = sandbox.start(&interpreter.guest, run, move |store, instance| {
            Box::pin(async move {
                let interpreter = Interpreter::new(&mut *store, &instance)?;
                interpreter.call_compile(store, &name, &source).await
            })
        });
        let mut handle = started.await.map_err(|refused| refused.why.to_string())?.kill_on_drop();
        handle.wait().await.result.map_err(|why| why.to_string())
    }
}

/// The name of a set of files: of what is in them, and where they are.
pub(super) fn digest<'a>(files: impl IntoIterator<Item = &'a File>) -> Arc<str> {
    let mut hash = Sha256::new();
    for file in files {
        let path = file.path.as_os_str().as_encoded_bytes();
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path);
        hash.update(file.hash);
    }
    let digest = hash.finalize();
    hex(digest.get(..ID).unwrap_or_default()).into()
}

/// Bytes of the hash in a version's name: enough to never meet twice, short enough to type.
const ID: usize = 6;
