//! Whether the running statement may go on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;

use crate::connection::Answer;
use crate::failure::Failure;
use crate::value::Reply;

/// Instructions of SQLite between two looks: about ten microseconds.
const INSTRUCTIONS: i32 = 1_000;
/// How long it waits before it tries a locked file again.
const PAUSE: Duration = Duration::from_millis(5);
/// How long it waits for a lock at most.
///
/// Scripts are told that the database is locked rather than being interrupted; writers that follow the
/// rules hold it for milliseconds.
pub(crate) const LOCKED: Duration = Duration::from_secs(10);

/// Who waits for the statement, and until when.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    answer: Option<Answer>,
    limit: Option<Duration>,
    until: Option<Instant>,
}

impl Watch {
    /// Is asked by the connection from now on.
    pub(crate) fn follow(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let watch = self.clone();
        connection.progress_handler(INSTRUCTIONS, Some(move || watch.is_over()))?;
        let watch = self.clone();
        connection.busy_handler(Some(move |tries: i32| {
            let waited = PAUSE.saturating_mul(u32::try_from(tries).unwrap_or(u32::MAX));
            if waited >= LOCKED || watch.is_over() {
                return false;
            }
            std::thread::sleep(PAUSE);
            true
        }))
    }

    /// Somebody waits.
    pub(crate) fn begin(&self, answer: Answer, limit: Option<Duration>) {
        let until = limit.map(|limit| Instant::now() + limit);
        *self.0.lock() = Waiting { answer: Some(answer), limit, until };
    }

    /// Answers; false when nobody waits any more.
    pub(crate) fn answer(&self, reply: Result<Reply, Failure>) -> bool {
        let answer = self.0.lock().answer.take();
        answer.is_some_and(|answer| answer.send(reply).is_ok())
    }

    /// What it means that a statement was interrupted.
    pub(crate) fn why(&self) -> Failure {
        Failure::TooLong(self.0.lock().limit.unwrap_or_default())
    }

    fn is_over(&self) -> bool {
        let waiting = self.0.lock();
        waiting.answer.as_ref().is_none_or(Answer::is_closed)
            || waiting.until.is_some_and(|until| Instant::now() >= until)
    }
}
