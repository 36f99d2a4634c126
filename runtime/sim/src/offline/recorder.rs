//! Everything that happens in a run, from the phone and from the script.

use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_host::Trace;
use ringfence_sandbox::Place;
use tokio::time::Instant;

use crate::timeline::{Happening, Moment};

/// Moments that are kept; a script that does more is told so once, and the rest is not kept.
pub(super) const MOST_MOMENTS: usize = 100_000;

/// Collects moments. Clones collect into the same list.
#[derive(Clone, Debug)]
pub(super) struct Recorder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    moments: Vec<Moment>,
    /// The error of the script.
    error: Option<String>,
    full: bool,
}

impl Recorder {
    /// Begins now, on tokio's clock.
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner { began: Instant::now(), seen: Mutex::default() }))
    }

    /// Takes a moment of the phone.
    pub(super) fn take(&self, moment: Moment) {
        let mut seen = self.0.seen.lock();
        if seen.moments.len() < MOST_MOMENTS {
            seen.moments.push(moment);
        } else if !seen.full {
            seen.full = true;
            let message = format!("more than {MOST_MOMENTS} moments; the rest is not shown");
            seen.moments.push(Moment::new(moment.at, Happening::Trouble { message }));
        }
    }

    /// Takes what happens now.
    pub(super) fn now(&self, what: Happening) {
        self.take(Moment::new(self.0.began.elapsed(), what));
    }

    /// All moments in the order of time, and the script's error.
    pub(super) fn finish(&self) -> (Vec<Moment>, Option<String>) {
        let mut seen = std::mem::take(&mut *self.0.seen.lock());
        // Moments of the same time and rank stay in the order in which they were told.
        seen.moments.sort_by_key(|moment| (moment.at, moment.what.rank()));
        (seen.moments, seen.error)
    }
}

impl Trace for Recorder {
    fn called(&self, place: Option<&Place>, call: &str) {
        let place = place.map(ToString::to_string).unwrap_or_default();
        self.now(Happening::Called { place, call: call.to_owned() });
    }

    fn logged(&self, place: Option<&Place>, level: &str, message: &str) {
        self.now(Happening::Logged {
            level: level.to_owned(),
            place: place.map(ToString::to_string),
            message: message.to_owned(),
        });
    }

    fn printed(&self, line: &str) {
        self.now(Happening::Printed { line: line.to_owned() });
    }

    fn failed(&self, error: &str) {
        self.now(Happening::ScriptFailed { error: error.to_owned() });
        self.0.seen.lock().error.get_or_insert_with(|| error.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn moments_are_sorted_and_bounded() {
        let recorder = Recorder::new();
        tokio::time::sleep(Duration::from_secs(2)).await;
        recorder.printed("later");
        recorder.take(Moment::new(Duration::from_secs(1), Happening::Key { key: '1' }));
        for _ in 0..MOST_MOMENTS + 10 {
            recorder.printed("again");
        }
        recorder.failed("a.lua:1: boom");
        let (moments, error) = recorder.finish();
        assert_eq!(moments.len(), MOST_MOMENTS + 1);
        assert_eq!(moments[0].what, Happening::Key { key: '1' });
        assert_eq!(moments[1].what, Happening::Printed { line: "later".into() });
        assert_eq!(error.as_deref(), Some("a.lua:1: boom"));
    }
}
