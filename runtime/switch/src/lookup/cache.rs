//! Answers that are kept for a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Request;
use super::found::Answered;

/// How many answers are kept; one more lets go of all.
const MAX_KEPT: usize = 10_000;

/// How many bytes of XML are kept, before it was parsed; more lets go of all. Parsed, they take some
/// five times as much.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// The `params` that tell two requests apart, besides section, element and key. Others (a call's uuid,
/// the time) differ in every request.
const TELLING: [&str; 12] = [
    "Hunt-Context",
    "Hunt-Destination-Number",
    "context",
    "from",
    "to",
    "user",
    "domain",
    "key",
    "action",
    "purpose",
    "lang",
    "macro_name",
];

/// What handlers answered, for as long as they say.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Entry, foldhash::fast::RandomState>,
    bytes: usize,
}

/// The handler, and what it was asked.
pub(super) type Key = (String, Vec<String>);

#[derive(Debug)]
struct Entry {
    until: Instant,
    bytes: usize,
    /// None: it knew nothing of that.
    answer: Option<Arc<Answered>>,
}

/// How a request is found again.
pub(super) fn key(handler: &str, request: &Request) -> Key {
    let Request { section, tag_name, key_name, key_value, params } = request;
    let named = [section.name(), tag_name, key_name, key_value].map(str::to_owned);
    let telling = TELLING.iter().map(|name| params.header(name).unwrap_or_default().into_owned());
    (handler.to_owned(), named.into_iter().chain(telling).collect())
}

impl Cache {
    /// What was answered, if it still holds.
    pub(super) fn find(&self, key: &Key) -> Option<Option<Arc<Answered>>> {
        let kept = self.0.lock();
        let entry = kept.answers.get(key).filter(|entry| entry.until > Instant::now())?;
        Some(entry.answer.clone())
    }

    /// Keeps an answer for a time.
    pub(super) fn keep(
        &self,
        key: Key,
        time: Duration,
        answer: Option<&Arc<Answered>>,
        bytes: usize,
    ) {
        let Some(until) = Instant::now().checked_add(time) else { return };
        let dropped = {
            let mut kept = self.0.lock();
            let full = kept.answers.len() >= MAX_KEPT || kept.bytes + bytes > MAX_KEPT_BYTES;
            let dropped = full.then(|| std::mem::take(&mut *kept));
            kept.bytes += bytes;
            let entry = Entry { until, bytes, answer: answer.cloned() };
            if let Some(before) = kept.answers.insert(key, entry) {
                kept.bytes = kept.bytes.saturating_sub(before.bytes);
            }
            dropped
        };
        // Outside of the lock: trees are large.
        drop(dropped);
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        let all = std::mem::take(&mut *self.0.lock());
        drop(all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Key {
        (name.to_owned(), Vec::new())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_holds_for_its_time() {
        let cache = Cache::default();
        cache.keep(named("a"), Duration::from_secs(10), None, 5);
        assert!(cache.find(&named("a")).is_some() && cache.find(&named("b")).is_none());
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(cache.find(&named("a")).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_are_forgotten() {
        let cache = Cache::default();
        for number in 0..=MAX_KEPT {
            cache.keep(named(&number.to_string()), Duration::from_secs(10), None, 0);
        }
        assert!(cache.find(&named("0")).is_none());
        assert!(cache.find(&named(&MAX_KEPT.to_string())).is_some());
        cache.keep(named("big"), Duration::from_secs(10), None, MAX_KEPT_BYTES + 1);
        assert!(cache.find(&named(&MAX_KEPT.to_string())).is_none());
        assert!(cache.find(&named("big")).is_some());
        cache.keep(named("big"), Duration::from_secs(10), None, 1);
        let kept = cache.0.lock();
        assert_eq!((kept.answers.len(), kept.bytes), (1, 1));
    }
}
