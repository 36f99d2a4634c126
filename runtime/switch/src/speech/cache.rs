//! Spoken texts that are kept, as files.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use md5::{Digest as _, Md5};
use parking_lot::Mutex;
use ringfence_text::hex;
use tokio::sync::OwnedMutexGuard;

use super::Utterance;

/// A file that was heard this recently is not deleted: somebody may be about to open it.
const IN_USE: Duration = Duration::from_secs(60);

/// The ending of kept files.
const ENDING: &str = "wav";

/// The texts that are being made.
#[derive(Debug, Default)]
pub(super) struct Making(Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>);

/// The right to make one file; goes with it.
pub(super) struct One<'m> {
    making: &'m Making,
    file: PathBuf,
    /// Let go of before the others are counted.
    guard: Option<OwnedMutexGuard<()>>,
}

impl Making {
    /// Waits until nobody else makes that file.
    pub(super) async fn one(&self, file: &Path) -> One<'_> {
        let lock = Arc::clone(self.0.lock().entry(file.to_owned()).or_default());
        // From here on the entry goes with us, also when we do not wait to the end.
        let mut one = One { making: self, file: file.to_owned(), guard: None };
        one.guard = Some(lock.lock_owned().await);
        one
    }
}

impl Drop for One<'_> {
    fn drop(&mut self) {
        self.guard.take();
        let mut all = self.making.0.lock();
        if all.get(&self.file).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            all.remove(&self.file);
        }
    }
}

/// The name of a kept file: of what it was made by, and of what. (Only guessing is to be avoided here,
/// not forging: the texts are the operator's own server's.)
pub(super) fn name(command: &str, utterance: &Utterance) -> String {
    let mut hash = Md5::new();
    for part in [command, &utterance.voice, &utterance.text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    format!("{}.{ENDING}", hex(&hash.finalize()))
}

/// Where a file is made before it is kept. It ends as engines expect that look at the ending.
pub(super) fn unfinished(kept: &Path) -> PathBuf {
    kept.with_extension(format!("part.{ENDING}"))
}

/// Notes that a kept file is heard again; false when there is none. Blocks.
pub(super) fn touch(kept: &Path) -> bool {
    let touched = fs::File::options().append(true).open(kept);
    let Ok(file) = touched else { return false };
    // A file whose time cannot be set goes a little earlier.
    let _ = file.set_modified(SystemTime::now());
    true
}

/// Keeps a file that was made, and makes room for it. Blocks.
pub(super) fn keep(made: &Path, kept: &Path, most: u64) -> Result<(), String> {
    let size = fs::metadata(made).map_err(|_| "its command wrote no file".to_owned())?.len();
    if size == 0 {
        let _ = fs::remove_file(made);
        return Err("its command wrote an empty file".to_owned());
    }
    fs::rename(made, kept).map_err(|error| format!("cannot keep {}: {error}", kept.display()))?;
    if let Some(folder) = kept.parent() {
        make_room(folder, most);
    }
    Ok(())
}

/// Deletes the files that were not heard for the longest time.
fn make_room(folder: &Path, most: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let ours = path.extension().is_some_and(|ending| ending == ENDING);
            let metadata = entry.metadata().ok().filter(|metadata| ours && metadata.is_file())?;
            Some((metadata.modified().ok()?, metadata.len(), path))
        })
        .collect();
    let mut all: u64 = files.iter().map(|(_, size, _)| size).sum();
    files.sort();
    for (heard, size, path) in files {
        let in_use = heard.elapsed().map_or(true, |age| age < IN_USE);
        if all <= most || in_use {
            break;
        }
        if fs::remove_file(&path).is_ok() {
            all -= size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_has_another_name() {
        let utterance =
            |voice: &str, text: &str| Utterance { voice: voice.to_owned(), text: text.to_owned() };
        let names = [
            name("c", &utterance("v", "t")),
            name("d", &utterance("v", "t")),
            name("c", &utterance("vt", "")),
            name("c", &utterance("v", "u")),
        ];
        for (at, one) in names.iter().enumerate() {
            assert!(names[at + 1..].iter().all(|other| one != other));
        }
        assert_eq!(names[0], name("c", &utterance("v", "t")));
    }

    #[test]
    fn the_longest_unheard_goes_first_and_none_that_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - Duration::from_secs(3600);
        for (file, age) in [("a", 0), ("b", 2), ("c", 1)] {
            let path = folder.path().join(format!("{file}.wav"));
            fs::write(&path, [0; 100]).unwrap();
            let opened = fs::File::options().append(true).open(&path).unwrap();
            opened.set_modified(old - Duration::from_secs(age * 60)).unwrap();
        }
        fs::write(folder.path().join("other.txt"), [0; 1000]).unwrap();
        assert!(touch(&folder.path().join("a.wav")) && !touch(&folder.path().join("d.wav")));
        make_room(folder.path(), 200);
        let there = |name: &str| folder.path().join(name).exists();
        assert!(there("a.wav") && there("c.wav") && !there("b.wav") && there("other.txt"));
        make_room(folder.path(), 10);
        assert!(there("a.wav") && !there("c.wav"), "a was heard just now");
    }

    #[tokio::test]
    async fn one_at_a_time_and_nothing_is_left() {
        let making = Making::default();
        let first = making.one(Path::new("a")).await;
        let second = making.one(Path::new("a"));
        let mut second = Box::pin(second);
        let early = tokio::time::timeout(Duration::from_millis(20), &mut second).await;
        assert!(early.is_err());
        drop(first);
        drop(second.await);
        assert!(making.0.lock().is_empty());
    }
}
