//! Script files, read once.
//!
//! Files are read and looked at on the blocking pool, never on a thread that serves calls. A file
//! that was looked at less than [`RECHECK`] ago is taken as it is.

use std::{
    collections::HashMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use parking_lot::Mutex;

/// The largest script, in bytes. The largest that we know has 200 KB.
pub const MAX_SOURCE: u64 = 4 << 20;

/// Files that are kept; one more throws all out, so that names from outside cannot fill the memory.
const MAX_FILES: usize = 1_024;

/// How long a file may be taken as it is without looking. A look is a hop to another thread and back,
/// about 20 µs; 100 ms is less than it takes to save a file and dial.
const RECHECK: Duration = Duration::from_millis(100);

/// Why a script cannot be read; the text begins as FreeSWITCH's does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot open {}: {why}", .path.display())]
pub(crate) struct Unreadable {
    pub(crate) path: PathBuf,
    pub(crate) why: String,
}

/// A file as it was when it was looked at.
#[derive(Clone)]
struct Kept {
    bytes: Arc<[u8]>,
    modified: Option<SystemTime>,
    length: u64,
    looked: Instant,
}

/// The scripts that were read.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    files: Arc<Mutex<HashMap<PathBuf, Kept>>>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sources").finish_non_exhaustive()
    }
}

impl Sources {
    /// The text of a script.
    pub(crate) async fn read(&self, path: &Path) -> Result<Arc<[u8]>, Unreadable> {
        let kept = self.files.lock().get(path).cloned();
        if let Some(kept) = &kept
            && kept.looked.elapsed() < RECHECK
        {
            return Ok(Arc::clone(&kept.bytes));
        }
        let unreadable = |why: String| Unreadable { path: path.to_owned(), why };
        let looking = tokio::task::spawn_blocking({
            let path = path.to_owned();
            move || look(&path, kept)
        });
        let kept = looking
            .await
            .map_err(|error| unreadable(error.to_string()))?
            .map_err(|error| unreadable(said(&error)))?;
        let bytes = Arc::clone(&kept.bytes);
        let mut files = self.files.lock();
        if files.len() >= MAX_FILES && !files.contains_key(path) {
            files.clear();
        }
        files.insert(path.to_owned(), kept);
        Ok(bytes)
    }
}

/// Reads a file unless it is as it was.
fn look(path: &Path, kept: Option<Kept>) -> io::Result<Kept> {
    let looked = Instant::now();
    let metadata = std::fs::metadata(path)?;
    let (modified, length) = (metadata.modified().ok(), metadata.len());
    if let Some(kept) = kept
        && kept.modified == modified
        && kept.length == length
        && modified.is_some()
    {
        return Ok(Kept { looked, ..kept });
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if length > MAX_SOURCE {
        let why = format!("it has {length} bytes; a script has at most {MAX_SOURCE}");
        return Err(io::Error::other(why));
    }
    Ok(Kept { bytes: std::fs::read(path)?.into(), modified, length, looked })
}

/// What the system says, without its number.
fn said(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_script_is_read_once_until_it_changes() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.lua");
        std::fs::write(&path, "x = 1")?;
        let sources = Sources::default();
        let first = sources.read(&path).await;
        let again = sources.read(&path).await;
        assert!(matches!((&first, &again), (Ok(a), Ok(b)) if Arc::ptr_eq(a, b)));

        std::fs::write(&path, "x = 22")?;
        // As if the look had been a while ago.
        if let Some(kept) = sources.files.lock().get_mut(&path) {
            kept.looked = kept.looked.checked_sub(RECHECK).unwrap_or(kept.looked);
        }
        assert_eq!(sources.read(&path).await.as_deref(), Ok(&b"x = 22"[..]));
        Ok(())
    }

    #[tokio::test]
    async fn a_missing_script_is_named() {
        let error = Sources::default().read(Path::new("/nosuch/a.lua")).await;
        let text = error.err().map(|error| error.to_string());
        assert_eq!(text.as_deref(), Some("cannot open /nosuch/a.lua: No such file or directory"));
    }

    #[tokio::test]
    async fn a_huge_file_and_a_directory_are_refused() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("huge.lua");
        std::fs::File::create(&path)?.set_len(MAX_SOURCE + 1)?;
        let sources = Sources::default();
        assert!(sources.read(&path).await.is_err_and(|error| error.why.contains("at most")));
        assert!(sources.read(folder.path()).await.is_err());
        Ok(())
    }
}
