//! A log file, and what becomes of it when it is large.
//!
//! Written by the thread of its queue: a disk that hangs or is full stops no call.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ringfence_switch::config::LogFile;

use crate::print;

/// How long after a failure the file is tried again; lines are lost meanwhile.
const AGAIN: Duration = Duration::from_secs(10);

/// How often new files were asked for.
static ROTATIONS: AtomicU64 = AtomicU64::new(0);

/// All files end with what they have, and new ones begin.
pub(crate) fn rotate_all() {
    ROTATIONS.fetch_add(1, Ordering::Relaxed);
}

/// Appends to a file, and begins a new one in time.
#[derive(Debug)]
pub(super) struct Rotating {
    path: PathBuf,
    rollover: u64,
    keep: usize,
    file: Option<File>,
    size: u64,
    /// The rotations that were heard of.
    rotations: u64,
    /// When it failed last.
    failed: Option<Instant>,
}

impl Rotating {
    /// Opens the file, and makes the folder it is in.
    ///
    /// # Errors
    ///
    /// It cannot be opened for writing.
    pub(super) fn open(settings: &LogFile) -> io::Result<Self> {
        if let Some(folder) = settings.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut rotating = Self {
            path: settings.path.clone(),
            rollover: settings.rollover,
            keep: settings.keep,
            file: None,
            size: 0,
            rotations: ROTATIONS.load(Ordering::Relaxed),
            failed: None,
        };
        rotating.file()?;
        Ok(rotating)
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
                self.size = file.metadata()?.len();
                file
            }
        };
        Ok(self.file.insert(file))
    }

    /// Whether the file at our path is no longer ours: somebody moved or deleted it.
    fn moved(&self) -> bool {
        let ours = self.file.as_ref().and_then(|file| file.metadata().ok());
        let there = fs::metadata(&self.path).ok();
        ours.map(|data| (data.dev(), data.ino())) != there.map(|data| (data.dev(), data.ino()))
    }

    /// Moves what there is one number further, and begins anew.
    fn rotate(&mut self) -> io::Result<()> {
        self.file = None;
        let older = |number: usize| numbered(&self.path, number);
        if self.keep == 0 {
            return fs::remove_file(&self.path);
        }
        for number in (1..self.keep).rev() {
            match fs::rename(older(number), older(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        fs::rename(&self.path, older(1))
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let rotations = ROTATIONS.load(Ordering::Relaxed);
        if rotations != self.rotations {
            self.rotations = rotations;
            if self.moved() {
                self.file = None;
            } else if self.size > 0 {
                self.rotate()?;
            }
        }
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let full = self.rollover > 0 && self.size.saturating_add(length) > self.rollover;
        if full && self.size > 0 && self.file.is_some() {
            self.rotate()?;
        }
        self.file()?.write_all(line)?;
        self.size = self.size.saturating_add(length);
        Ok(())
    }
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

impl Write for Rotating {
    /// Takes each line. One that cannot be written is lost; why is told on standard error, once
    /// until it works again.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.failed.is_some_and(|failed| failed.elapsed() < AGAIN) {
            return Ok(line.len());
        }
        match self.append(line) {
            Ok(()) => {
                if self.failed.take().is_some() {
                    let path = self.path.display();
                    print::error(format_args!("the log file {path} can be written again"));
                }
            }
            Err(error) => {
                self.file = None;
                if self.failed.replace(Instant::now()).is_none() {
                    let path = self.path.display();
                    print::error(format_args!(
                        "the log file {path} cannot be written: {error}. Its lines are lost until it can; \
                         it is tried every {} s",
                        AGAIN.as_secs()
                    ));
                }
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use ringfence_switch::log::Level;
    use ringfence_switch::xml::Place;

    use super::*;

    /// New files are asked for of all logs of the process: one test at a time.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(folder: &Path, rollover: u64, keep: usize) -> LogFile {
        LogFile {
            path: folder.join("below/x.log"),
            rollover,
            keep,
            json: false,
            level: Level::Trace,
            place: Place::new("test", 1),
        }
    }

    fn files(folder: &Path) -> Vec<(String, String)> {
        let read = fs::read_dir(folder.join("below")).unwrap().flatten();
        let mut files: Vec<_> = read
            .map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_full_file_is_moved_and_the_oldest_deleted() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let mut file = Rotating::open(&settings(folder.path(), 8, 2)).unwrap();
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n", "a line that is too long\n"] {
            file.write_all(line.as_bytes()).unwrap();
        }
        let expected =
            [("x.log", "a line that is too long\n"), ("x.log.1", "five\n"), ("x.log.2", "four\n")];
        assert_eq!(files(folder.path()), pairs(&expected));
        // A server that starts again goes on where it was.
        let mut file = Rotating::open(&settings(folder.path(), 0, 2)).unwrap();
        file.write_all(b"more\n").unwrap();
        assert!(files(folder.path())[0].1.ends_with("long\nmore\n"));
    }

    #[test]
    fn without_older_files_the_log_begins_anew() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let mut file = Rotating::open(&settings(folder.path(), 5, 0)).unwrap();
        for line in ["one\n", "two\n"] {
            file.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(files(folder.path()), pairs(&[("x.log", "two\n")]));
    }

    #[test]
    fn new_files_can_be_asked_for() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let mut file = Rotating::open(&settings(folder.path(), 0, 5)).unwrap();
        file.write_all(b"one\n").unwrap();
        rotate_all();
        file.write_all(b"two\n").unwrap();
        assert_eq!(files(folder.path()), pairs(&[("x.log", "two\n"), ("x.log.1", "one\n")]));
        // As logrotate does it.
        fs::rename(folder.path().join("below/x.log"), folder.path().join("below/moved")).unwrap();
        rotate_all();
        file.write_all(b"three\n").unwrap();
        let expected = [("moved", "two\n"), ("x.log", "three\n"), ("x.log.1", "one\n")];
        assert_eq!(files(folder.path()), pairs(&expected));
    }

    #[test]
    fn what_cannot_be_written_is_lost_and_stops_nothing() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), 4, 1);
        let mut file = Rotating::open(&settings).unwrap();
        file.write_all(b"one\n").unwrap();
        fs::remove_dir_all(folder.path().join("below")).unwrap();
        file.write_all(b"lost\n").unwrap();
        file.write_all(b"lost\n").unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        file.failed = Some(Instant::now().checked_sub(AGAIN).unwrap());
        file.write_all(b"two\n").unwrap();
        assert_eq!(files(folder.path()), pairs(&[("x.log", "two\n")]));
    }
}
