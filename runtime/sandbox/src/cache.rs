//! Compiled guests on disk.
//!
//! Compiled code is run without further proof, so it is only taken from a folder and a file that
//! nobody else can have written, and only when its checksum is right. Whatever is wrong with the
//! cache costs a compilation and a warning, never a start.
//!
//! # Format
//!
//! `<key>.guest`: [`MAGIC`], SHA-256 of the rest, the rest is what wasmtime wrote. The key is the
//! SHA-256 of all that the code depends on.

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ringfence_text::hex;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The first bytes of a file; the number changes with the format or the way snapshots are made.
const MAGIC: &[u8] = b"ringfence guest 1\n";
/// Length of a checksum.
const SUM: usize = 32;
/// A larger file is not ours, in bytes. A compiled interpreter has 2 MiB.
const MAX_FILE: u64 = 256 << 20;
/// Files that are kept; the oldest go first. Each has about 2 MiB.
const KEEP: usize = 32;
/// Nobody but the owner may write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A compiled guest that this program wrote, just now or in an earlier life.
pub(crate) struct Code(Vec<u8>);

impl Code {
    /// What wasmtime makes of a component in binary form, for all engines with these settings.
    pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Self> {
        engine.precompile_component(wasm).map(Self)
    }

    /// Makes it runnable. Fails when it was compiled for another version or processor.
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        #[expect(
            unsafe_code,
            reason = "wasmtime runs such code unchecked. There are two ways to get a `Code`: \
                      wasmtime has just compiled it, or it was read, once, from a file and a folder \
                      that only this user can write, and has the checksum that was stored with it"
        )]
        unsafe {
            Component::deserialize(engine, &self.0)
        }
    }
}

/// A folder of compiled guests, shared by all processes of this user.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// Names a compiled guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// From the component, the preparation that is run, and everything that the engine's code
    /// depends on: its version, its settings, the processor.
    pub(crate) fn new(engine: &Engine, wasm: &[u8], snapshot: Option<&str>) -> Self {
        let mut sum = Sum(Sha256::new());
        sum.0.update(MAGIC);
        sum.0.update(Sha256::digest(wasm));
        snapshot.hash(&mut sum);
        engine.precompile_compatibility_hash().hash(&mut sum);
        Self(hex(&sum.0.finalize()))
    }
}

/// Feeds what implements `Hash` to SHA-256.
struct Sum(Sha256);

impl Hasher for Sum {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Nobody asks a `Sum` for its 64 bits; the whole digest is taken in `Key::new`.
        0
    }
}

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The compiled guest, if the cache has it and it can be trusted.
    pub(crate) fn load(&self, key: &Key) -> Option<Code> {
        let path = self.path(key);
        match self.read(&path) {
            Ok(code) => Some(Code(code)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!("guest cache {}: {error}; compiling instead", path.display());
                None
            }
        }
    }

    /// Keeps a compiled guest. Appears as a whole or not at all, also for other processes.
    pub(crate) fn store(&self, key: &Key, code: &Code) {
        let path = self.path(key);
        match self.write(&path, &code.0) {
            Ok(()) => self.prune(),
            Err(error) => tracing::warn!(
                "guest cache {}: {error}; guests are compiled at every start",
                path.display()
            ),
        }
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(format!("{}.guest", key.0))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        trusted(&fs::metadata(&self.folder)?)?;
        let mut file = File::open(path)?;
        let about = file.metadata()?;
        trusted(&about)?;
        if !about.is_file() || about.len() > MAX_FILE {
            return Err(io::Error::other("this is not a cache file"));
        }
        let mut bytes = Vec::with_capacity(about.len().try_into().unwrap_or(0));
        (&mut file).take(MAX_FILE).read_to_end(&mut bytes)?;
        let damaged = || io::Error::other("the file is damaged");
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let (sum, code) = rest.split_at_checked(SUM).ok_or_else(damaged)?;
        if Sha256::digest(code).as_slice() != sum {
            return Err(damaged());
        }
        Ok(code.to_vec())
    }

    fn write(&self, path: &Path, code: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        trusted(&fs::metadata(&self.folder)?)?;
        let temporary = self.folder.join(format!("{}.tmp", Uuid::new_v4()));
        let written = (|| {
            let mut file =
                File::options().write(true).create_new(true).mode(0o600).open(&temporary)?;
            file.write_all(MAGIC)?;
            file.write_all(&Sha256::digest(code))?;
            file.write_all(code)?;
            fs::rename(&temporary, path)
        })();
        if written.is_err() {
            // It may not even exist; what matters is the first error.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    /// Removes the oldest files beyond [`KEEP`]. Another process may do the same; a file that is
    /// gone already is fine.
    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<_> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "guest" || kind == "tmp"))
            .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
            .collect();
        files.sort();
        let surplus = files.len().saturating_sub(KEEP);
        for (_, path) in files.into_iter().take(surplus) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether only this user can have written it.
fn trusted(about: &fs::Metadata) -> io::Result<()> {
    let me = rustix::process::geteuid().as_raw();
    if about.uid() != me {
        return Err(io::Error::other(format!("it belongs to user {}, not to us", about.uid())));
    }
    if about.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(io::Error::other("others may write it; chmod go-w"));
    }
    Ok(())
}
