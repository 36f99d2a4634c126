//! Folders that files must lie in: for scripts that may not use every file of the machine.
//!
//! A path is first resolved (`..`, symbolic links, parts that do not exist yet), then compared, and what
//! is opened is the resolved path, without following any link: a link that is put there in between
//! is not followed, but refused.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};

/// Folders that a file must lie in. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Folders(Arc<[PathBuf]>);

/// Whether symbolic links on the way to a file are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// As everywhere.
    #[default]
    Follow,
    /// The path was resolved; a link in it is one that was put there since.
    Refuse,
}

/// Why a path may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is in none of the folders that may be used")]
pub struct Outside;

impl Folders {
    /// These folders, and all below them. One that does not exist, when it is asked for, contains
    /// nothing.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(folders.into_iter().collect())
    }

    /// Where a file really is or would be, when that is in one of the folders.
    ///
    /// The answer contains no link and no `..`; parts at its end need not exist. Waits for the file
    /// system on tokio's blocking pool.
    ///
    /// # Errors
    ///
    /// It is somewhere else, or cannot be found out; a missing file elsewhere looks no different.
    pub async fn place(&self, path: impl Into<PathBuf>) -> Result<PathBuf, Outside> {
        let (folders, path) = (self.clone(), path.into());
        tokio::task::spawn_blocking(move || folders.resolve(&path)).await.unwrap_or(Err(Outside))
    }

    /// The same. Blocks.
    fn resolve(&self, path: &Path) -> Result<PathBuf, Outside> {
        let real = real(path).map_err(|_| Outside)?;
        let holds = |folder: &PathBuf| {
            fs::canonicalize(folder).is_ok_and(|folder| real.starts_with(folder))
        };
        if self.0.iter().any(holds) { Ok(real) } else { Err(Outside) }
    }
}

/// The path without links and `..`; a missing end is kept as it is.
fn real(path: &Path) -> io::Result<PathBuf> {
    let mut missing = Vec::new();
    let mut there = path;
    let mut found = loop {
        match fs::canonicalize(there) {
            Ok(found) => break found,
            // A link to nowhere: a file made there would be made elsewhere.
            Err(_) if fs::symlink_metadata(there).is_ok() => {
                return Err(ErrorKind::NotFound.into());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // `..` has no name: what it would lead to is not known while its parent is missing.
                let (Some(parent), Some(name)) = (there.parent(), there.file_name()) else {
                    return Err(error);
                };
                missing.push(name);
                there = parent;
            }
            Err(error) => return Err(error),
        }
    };
    found.extend(missing.into_iter().rev());
    Ok(found)
}

impl Links {
    /// Opens a file to read it. A pipe is opened, too, and not waited for. Blocks.
    ///
    /// # Errors
    ///
    /// What the system says; a link in the path, unless they are followed.
    pub fn open(self, path: &Path) -> io::Result<File> {
        match self {
            Self::Follow => {
                let wait_for_nothing = OFlags::NONBLOCK.bits().cast_signed();
                OpenOptions::new().read(true).custom_flags(wait_for_nothing).open(path)
            }
            Self::Refuse => unlinked(path, OFlags::RDONLY | OFlags::NONBLOCK),
        }
    }

    /// Makes a file, or empties the one that is there.
    pub(crate) fn create(self, path: &Path) -> io::Result<File> {
        match self {
            Self::Follow => File::create(path),
            Self::Refuse => unlinked(path, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC),
        }
    }

    /// Opens the folder that a file is in.
    pub(crate) fn folder(self, path: &Path) -> io::Result<File> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        match self {
            Self::Follow => File::open(folder),
            Self::Refuse => unlinked(folder, OFlags::RDONLY | OFlags::DIRECTORY),
        }
    }
}

fn unlinked(path: &Path, flags: OFlags) -> io::Result<File> {
    let creates = flags.contains(OFlags::CREATE);
    let mode = if creates { Mode::from_raw_mode(0o666) } else { Mode::empty() };
    let file =
        rustix::fs::openat2(CWD, path, flags | OFlags::CLOEXEC, mode, ResolveFlags::NO_SYMLINKS)?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// `in/`, `out/`, and links between them.
    fn tree() -> (tempfile::TempDir, PathBuf, Folders) {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        for name in ["in/deep", "out"] {
            fs::create_dir_all(base.join(name)).unwrap();
        }
        for name in ["in/a", "in/deep/b", "out/c", "inside"] {
            fs::write(base.join(name), name).unwrap();
        }
        symlink(base.join("out"), base.join("in/folder")).unwrap();
        symlink("../out/c", base.join("in/file")).unwrap();
        symlink("../out/new", base.join("in/nowhere")).unwrap();
        symlink("deep/b", base.join("in/own")).unwrap();
        symlink(base.join("in"), base.join("other")).unwrap();
        let folders = Folders::new([base.join("in"), base.join("missing")]);
        (folder, base, folders)
    }

    #[test]
    fn what_lies_in_a_folder_is_resolved() {
        let (_folder, base, folders) = tree();
        for (path, real) in [
            ("in/a", "in/a"),
            ("in/deep/../a", "in/a"),
            ("out/../in/a", "in/a"),
            ("in/own", "in/deep/b"),
            ("other/a", "in/a"),
            ("in/new", "in/new"),
            ("in/new/er/file", "in/new/er/file"),
        ] {
            assert_eq!(folders.resolve(&base.join(path)), Ok(base.join(real)), "{path}");
        }
    }

    #[test]
    fn what_only_seems_to_lie_there_is_outside() {
        let (_folder, base, folders) = tree();
        for path in [
            "out/c",
            "in/../out/c",
            "inside",
            "in/folder/c",
            "in/folder/new",
            "in/folder/../a/../../out/c",
            "in/file",
            "in/nowhere",
            "in/new/../../out/c",
            "missing/x",
            "out/missing",
        ] {
            assert_eq!(folders.resolve(&base.join(path)), Err(Outside), "{path}");
        }
        assert_eq!(folders.resolve(Path::new("/proc/self/environ")), Err(Outside));
        assert_eq!(folders.resolve(Path::new("")), Err(Outside));
    }

    #[test]
    fn a_link_that_came_later_is_not_followed() {
        let (_folder, base, _) = tree();
        let mut text = String::new();
        io::Read::read_to_string(&mut Links::Refuse.open(&base.join("in/a")).unwrap(), &mut text)
            .unwrap();
        assert_eq!(text, "in/a");
        for linked in ["in/file", "in/folder/c", "other/a"] {
            let path = base.join(linked);
            assert!(Links::Follow.open(&path).is_ok(), "{linked}");
            assert!(Links::Refuse.open(&path).is_err(), "{linked}");
            assert!(Links::Refuse.create(&path).is_err(), "{linked}");
        }
        assert_eq!(fs::read_to_string(base.join("out/c")).unwrap(), "out/c");
        Links::Refuse.create(&base.join("in/new")).unwrap();
        assert!(base.join("in/new").is_file());
    }
}
