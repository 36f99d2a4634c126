//! Source files on disk: whether they are as they were, and reading them whole.
//!
//! All of this blocks, and is for the blocking pool.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, Read},
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use ringfence_sandbox::Directory;
use rustix::fs::OFlags;

/// The largest script, in bytes. The largest that we know has 200 KB.
pub const MAX_SOURCE: u64 = 4 << 20;

/// A file that was changed less than this ago may still be being written. Longer than the pauses of a
/// program that writes as fast as it can, shorter than anybody notices.
const FRESH: Duration = Duration::from_millis(20);

/// A file that replaces another one must have been left alone for so long.
const SETTLE: Duration = Duration::from_millis(100);

/// How long a file that is being written is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a source file cannot be used; the text begins as FreeSWITCH's does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot open {}: {why}", .path.display())]
pub(crate) struct Unreadable {
    pub(crate) path: PathBuf,
    pub(crate) why: String,
    /// There is no such file.
    pub(crate) missing: bool,
}

/// What tells that a file is another one than before, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    file: (u64, u64),
    length: u64,
    modified: (i64, i64),
    /// A copy may keep the time of the original; this time nobody can set.
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether the file was changed so lately that it may be changed again before anybody blinks.
    pub(super) fn is_fresh(&self) -> bool {
        self.age().is_some_and(|age| age < SETTLE)
    }

    /// Since the last change; none when that is in the future, as another machine's clock has it.
    fn age(&self) -> Option<Duration> {
        let (seconds, nanoseconds) = self.modified;
        let seconds = u64::try_from(seconds).ok()?;
        let modified = UNIX_EPOCH + Duration::new(seconds, u32::try_from(nanoseconds).ok()?);
        SystemTime::now().duration_since(modified).ok()
    }

    /// The stamp of the file of that name; none when there is none.
    pub(super) fn look(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }
}

/// What reading came to.
pub(super) enum Content {
    /// The file is the one that was read before.
    Same,
    New(Stamp, Vec<u8>),
}

/// Reads a file unless it is the one of `known`; waits while it is being written.
///
/// `grants` are the folders that it must be in; none is for what the operator named. `written` says
/// whether somebody is known to be writing it.
pub(super) fn read(
    path: &Path,
    grants: Option<&[Directory]>,
    known: Option<Stamp>,
    written: impl Fn(&Path) -> bool,
) -> Result<Content, Unreadable> {
    let failed = |error: &io::Error| Unreadable {
        path: path.to_owned(),
        why: said(error),
        missing: matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    };
    let refused = |why: String| Unreadable { path: path.to_owned(), why, missing: false };
    let began = Instant::now();
    let mut before = None;
    loop {
        let (mut file, metadata) = open(path, grants).map_err(|error| failed(&error))?;
        let stamp = Stamp::of(&metadata);
        if known == Some(stamp) {
            return Ok(Content::Same);
        }
        if !metadata.is_file() {
            return Err(refused("it is not a file".to_owned()));
        }
        if stamp.length > MAX_SOURCE {
            let length = stamp.length;
            return Err(refused(format!(
                "it has {length} bytes; a script has at most {MAX_SOURCE}"
            )));
        }
        // The same twice is enough: another machine's clock may be ahead.
        if (stamp.age().is_some_and(|age| age >= FRESH) || before == Some(stamp)) && !written(path)
        {
            let mut bytes = Vec::with_capacity(usize::try_from(stamp.length).unwrap_or_default());
            let whole = (&mut file).take(MAX_SOURCE + 1).read_to_end(&mut bytes);
            let after = whole.and_then(|_| file.metadata()).map_err(|error| failed(&error))?;
            if Stamp::of(&after) == stamp && bytes.len() as u64 == stamp.length {
                return Ok(Content::New(stamp, bytes));
            }
        }
        if began.elapsed() > PATIENCE {
            return Err(refused(format!("it is being written for {} seconds", PATIENCE.as_secs())));
        }
        before = Some(stamp);
        std::thread::sleep(FRESH);
    }
}

/// Whether a script may find a module there: the index of the first of `paths`.
pub(super) fn first(paths: &[PathBuf], grants: &[Directory]) -> Option<usize> {
    paths
        .iter()
        .position(|path| open(path, Some(grants)).is_ok_and(|(_, metadata)| metadata.is_file()))
}

/// Opens a file that is in one of the granted folders, also when links are followed.
fn open(path: &Path, grants: Option<&[Directory]>) -> io::Result<(File, Metadata)> {
    let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
    let grant = match grants {
        Some(grants) => Some(nearest(path, grants).ok_or_else(denied)?),
        None => None,
    };
    // A pipe of that name must not hold up the thread.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if let Some(grant) = grant {
        // What was opened, not what the name leads to by now.
        let real = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
        if !real.starts_with(grant.path.canonicalize()?) {
            return Err(denied());
        }
    }
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// The grant that decides about a path.
fn nearest<'a>(path: &Path, grants: &'a [Directory]) -> Option<&'a Directory> {
    grants
        .iter()
        .filter(|grant| path.starts_with(&grant.path))
        .max_by_key(|grant| grant.path.as_os_str().len())
}

/// What the system says, without its number.
pub(crate) fn said(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn plainly(path: &Path, known: Option<Stamp>) -> Result<Content, Unreadable> {
        read(path, None, known, |_| false)
    }

    #[test]
    fn a_file_is_read_until_it_is_the_same() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.lua");
        std::fs::write(&path, "x = 1")?;
        let Ok(Content::New(stamp, bytes)) = plainly(&path, None) else {
            return Err(io::Error::other("not read"));
        };
        assert_eq!(bytes, b"x = 1");
        assert!(matches!(plainly(&path, Some(stamp)), Ok(Content::Same)));
        assert_eq!(Stamp::look(&path), Some(stamp));

        // Another file with the same length and time.
        let other = folder.path().join("b.lua");
        std::fs::write(&other, "x = 2")?;
        let times = std::fs::FileTimes::new().set_modified(path.metadata()?.modified()?);
        File::options().write(true).open(&other)?.set_times(times)?;
        std::fs::rename(other, &path)?;
        let read = plainly(&path, Some(stamp));
        assert!(matches!(read, Ok(Content::New(_, bytes)) if bytes == b"x = 2"));
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_says_why() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let why = |path: &Path| plainly(path, None).err().map(|error| (error.missing, error.why));
        let missing = why(Path::new("/nosuch/a.lua"));
        assert_eq!(missing, Some((true, "No such file or directory".to_owned())));
        assert_eq!(why(folder.path()), Some((false, "it is not a file".to_owned())));
        let huge = folder.path().join("huge.lua");
        File::create(&huge)?.set_len(MAX_SOURCE + 1)?;
        assert!(why(&huge).is_some_and(|(missing, why)| !missing && why.contains("at most")));
        // A pipe would hold up the thread for ever.
        let pipe = folder.path().join("pipe.lua");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )?;
        assert_eq!(why(&pipe), Some((false, "it is not a file".to_owned())));
        Ok(())
    }

    #[test]
    fn a_file_that_is_being_written_is_waited_for() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.lua");
        std::fs::write(&path, "whole")?;
        let asked = std::cell::Cell::new(0);
        let read = read(&path, None, None, |_| {
            asked.set(asked.get() + 1);
            asked.get() < 3
        });
        assert!(matches!(read, Ok(Content::New(_, bytes)) if bytes == b"whole"));
        assert_eq!(asked.get(), 3);
        Ok(())
    }

    #[test]
    fn grants_hold_also_for_what_links_lead_to() -> io::Result<()> {
        let (inside, outside) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let (own, secret) = (inside.path().join("own.lua"), outside.path().join("secret.lua"));
        std::fs::write(&own, "")?;
        std::fs::write(&secret, "")?;
        let (link, way) = (inside.path().join("link.lua"), inside.path().join("way"));
        symlink(&secret, &link)?;
        symlink(outside.path(), &way)?;
        let grants = [Directory { path: inside.path().to_owned(), write: false }];
        assert_eq!(first(&[secret, link, way.join("secret.lua"), own], &grants), Some(3));
        // The granted folder may be a link itself.
        let grants = [Directory { path: way.clone(), write: false }];
        assert_eq!(first(&[way.join("secret.lua")], &grants), Some(0));
        Ok(())
    }
}
