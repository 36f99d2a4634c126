//! Sounds in the wire codec, kept for the next caller.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::{Clip, SourceError};
use crate::codec::Codec;

/// What an entry costs besides its sound: name, map, cell.
const OVERHEAD: usize = 512;

/// A sound: where it is from and for which codec.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) name: PathBuf,
    pub(super) codec: Codec,
}

/// What shows that a file was replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
}

impl Stamp {
    /// The stamp of a file; none when there is none. Blocks.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok(), size: metadata.len() })
    }
}

/// Bounded in bytes; the sound that was not used for the longest time goes first.
pub(super) struct Cache {
    limit: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    map: HashMap<Key, Entry>,
    bytes: usize,
    /// Counts uses, so that the least recent one can be found.
    clock: u64,
}

struct Entry {
    stamp: Stamp,
    clip: Arc<OnceCell<Arc<Clip>>>,
    looked: Instant,
    used: u64,
    /// What it counts for; 0 until it is read.
    bytes: usize,
}

impl Cache {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, entries: Mutex::default() }
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.lock().bytes
    }

    /// The sound, when the file was looked at not longer ago than this.
    pub(super) fn fresh(&self, key: &Key, age: Duration) -> Option<Arc<Clip>> {
        let mut entries = self.entries.lock();
        let now = entries.tick();
        let entry = entries.map.get_mut(key).filter(|entry| entry.looked.elapsed() <= age)?;
        entry.used = now;
        entry.clip.get().cloned()
    }

    /// The sound with that stamp; `read` makes it when it is not here, once for all who want it.
    pub(super) async fn clip(
        &self,
        key: Key,
        stamp: Stamp,
        read: impl Future<Output = Result<Clip, SourceError>>,
    ) -> Result<Arc<Clip>, SourceError> {
        let cell = self.cell(&key, stamp);
        let clip = cell.get_or_try_init(async || read.await.map(Arc::new)).await;
        match clip {
            Ok(clip) => {
                self.account(&key, &cell, clip.bytes.len() + OVERHEAD);
                Ok(Arc::clone(clip))
            }
            Err(error) => {
                self.forget(&key, &cell);
                Err(error)
            }
        }
    }

    /// Lets go of a sound, so that the next caller has it read anew.
    pub(super) fn discard(&self, key: &Key) {
        self.entries.lock().remove(key);
    }

    fn cell(&self, key: &Key, stamp: Stamp) -> Arc<OnceCell<Arc<Clip>>> {
        let mut entries = self.entries.lock();
        let now = entries.tick();
        if entries.map.get(key).is_some_and(|entry| entry.stamp != stamp) {
            entries.remove(key);
        }
        let looked = Instant::now();
        let new = || Entry { stamp, clip: Arc::default(), looked, used: now, bytes: 0 };
        let entry = entries.map.entry(key.clone()).or_insert_with(new);
        (entry.looked, entry.used) = (looked, now);
        Arc::clone(&entry.clip)
    }

    /// Counts a sound that was read, and makes room for it.
    fn account(&self, key: &Key, cell: &Arc<OnceCell<Arc<Clip>>>, bytes: usize) {
        let mut entries = self.entries.lock();
        let Some(entry) = entries.map.get_mut(key).filter(|entry| Arc::ptr_eq(&entry.clip, cell))
        else {
            return; // Replaced meanwhile.
        };
        if entry.bytes == 0 {
            entry.bytes = bytes;
            entries.bytes += bytes;
        }
        while entries.bytes > self.limit {
            let read = entries.map.iter().filter(|(_, entry)| entry.bytes > 0);
            let Some(oldest) = read.min_by_key(|(_, entry)| entry.used) else { break };
            let oldest = oldest.0.clone();
            entries.remove(&oldest);
        }
    }

    fn forget(&self, key: &Key, cell: &Arc<OnceCell<Arc<Clip>>>) {
        let mut entries = self.entries.lock();
        // Somebody else may be reading it at this moment: then it stays.
        if entries.map.get(key).is_some_and(|entry| {
            Arc::ptr_eq(&entry.clip, cell)
                && !entry.clip.initialized()
                && Arc::strong_count(cell) <= 2
        }) {
            entries.remove(key);
        }
    }
}

impl Entries {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.map.remove(key) {
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key { name: name.into(), codec: Codec::Pcmu }
    }

    fn clip(bytes: usize) -> Clip {
        Clip { codec: Codec::Pcmu, bytes: vec![0; bytes].into() }
    }

    async fn never() -> Result<Clip, SourceError> {
        panic!("it is in the cache")
    }

    #[tokio::test]
    async fn the_least_recently_used_goes_first() {
        let cache = Cache::new(3 * (1000 + OVERHEAD));
        let stamp = Stamp::default();
        for name in ["a", "b", "c"] {
            cache.clip(key(name), stamp, async { Ok(clip(1000)) }).await.unwrap();
        }
        cache.clip(key("a"), stamp, never()).await.unwrap();
        cache.clip(key("d"), stamp, async { Ok(clip(1000)) }).await.unwrap();
        assert_eq!(cache.bytes(), 3 * (1000 + OVERHEAD));
        assert!(cache.fresh(&key("b"), Duration::MAX).is_none());
        for name in ["a", "c", "d"] {
            cache.clip(key(name), stamp, never()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_larger_than_all_is_not_kept() {
        let cache = Cache::new(1000);
        let big = cache.clip(key("a"), Stamp::default(), async { Ok(clip(5000)) }).await.unwrap();
        assert_eq!((big.bytes.len(), cache.bytes()), (5000, 0));
    }

    #[tokio::test]
    async fn a_replaced_file_is_read_again() {
        let cache = Cache::new(1 << 20);
        let new = Stamp { modified: None, size: 2 };
        cache.clip(key("a"), Stamp::default(), async { Ok(clip(10)) }).await.unwrap();
        let again = cache.clip(key("a"), new, async { Ok(clip(20)) }).await.unwrap();
        assert_eq!(again.bytes.len(), 20);
        assert_eq!(cache.bytes(), 20 + OVERHEAD);
    }

    #[tokio::test]
    async fn many_wait_for_one_reading() {
        let cache = Cache::new(1 << 20);
        let reading = || async {
            tokio::task::yield_now().await;
            Ok(clip(7))
        };
        let first = cache.clip(key("a"), Stamp::default(), reading());
        let second = cache.clip(key("a"), Stamp::default(), never());
        let (first, second) = tokio::join!(first, second);
        assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = Cache::new(1 << 20);
        let failed = async { Err(SourceError::NotFound { tried: Vec::new() }) };
        assert!(cache.clip(key("a"), Stamp::default(), failed).await.is_err());
        assert!(cache.entries.lock().map.is_empty());
        assert!(cache.clip(key("a"), Stamp::default(), async { Ok(clip(1)) }).await.is_ok());
    }
}
