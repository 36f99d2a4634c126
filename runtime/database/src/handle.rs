//! A connection that somebody uses.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use deadpool::managed::Object;
use tokio::runtime::Handle as RuntimeHandle;
use tokio::time::timeout;

use crate::connection::{Manager, Request};
use crate::databases::Shared;
use crate::failure::Failure;
use crate::value::{Batch, Cell, Reply, Row, Statement};

/// Rows of a statement that are kept in memory while another one runs on the same connection, in
/// bytes, of all its statements.
///
/// A script that asks something else for each row it gets needs them; FreeSWITCH keeps all of them.
pub const KEPT: usize = 16 << 20;
/// Statements of a connection whose rows are not read to the end, at the same time.
pub const MAX_CURSORS: usize = 32;
/// A connection that takes longer to become as new is closed.
const RESET: Duration = Duration::from_secs(5);

/// A connection of a pool; goes back when dropped, as new, or is closed when it was in the middle of
/// something.
///
/// **Safe to drop at any time.** A statement that is dropped while it runs is interrupted.
pub struct Handle {
    /// None only while it is dropped.
    object: Option<Object<Manager>>,
    runtime: RuntimeHandle,
    shared: Shared,
    /// A question is not answered yet.
    asking: bool,
    lost: bool,
    /// The statement whose rows the connection has.
    streaming: Option<u32>,
    /// Rows of earlier statements.
    kept: Vec<Kept>,
    last: u32,
}

/// What is left of a statement that another one followed.
struct Kept {
    cursor: u32,
    /// Each with the names of its columns where they change.
    replies: VecDeque<(Option<Vec<String>>, Row)>,
    size: usize,
    /// The end: what was changed, or why there are no more rows.
    end: Result<Option<u64>, Failure>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("streaming", &self.streaming).finish_non_exhaustive()
    }
}

impl Handle {
    pub(crate) fn new(object: Object<Manager>, runtime: RuntimeHandle, shared: Shared) -> Self {
        Self {
            object: Some(object),
            runtime,
            shared,
            asking: false,
            lost: false,
            streaming: None,
            kept: Vec::new(),
            last: 0,
        }
    }

    /// Whether the connection is there, as far as is known without asking the database.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        !self.lost && self.object.as_ref().is_some_and(|line| line.is_open())
    }

    /// Runs a statement up to its first rows. The number is for [`more`](Self::more) while the reply
    /// says that there is more; `limit` is how long the database may take, without end if none.
    ///
    /// # Errors
    ///
    /// The database refuses the statement, or takes too long; the connection is lost; too many
    /// statements are not read to their end.
    pub async fn start(
        &mut self,
        statement: Statement,
        limit: Option<Duration>,
    ) -> Result<(u32, Reply), Failure> {
        self.keep_rest(limit).await?;
        let reply = self.ask(|answer| Request::Start { statement, limit, answer }).await?;
        self.last = self.last.wrapping_add(1).max(1);
        self.streaming = reply.more.then_some(self.last);
        Ok((self.last, reply))
    }

    /// The next rows of a statement.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); a statement that has ended has none.
    pub async fn more(&mut self, cursor: u32, limit: Option<Duration>) -> Result<Reply, Failure> {
        if self.streaming == Some(cursor) {
            let reply = self.ask(|answer| Request::More { limit, answer }).await;
            if !reply.as_ref().is_ok_and(|reply| reply.more) {
                self.streaming = None;
            }
            return reply;
        }
        let Some(at) = self.kept.iter().position(|kept| kept.cursor == cursor) else {
            return Ok(Reply::default());
        };
        let reply = self.kept.get_mut(at).map_or_else(|| Ok(Reply::default()), Kept::next);
        if !reply.as_ref().is_ok_and(|reply| reply.more) {
            self.kept.swap_remove(at);
        }
        reply
    }

    /// Forgets the rows of a statement that were not read.
    pub async fn stop(&mut self, cursor: u32) {
        if self.streaming == Some(cursor) {
            self.streaming = None;
            if let Some(line) = &self.object {
                line.stop().await;
            }
        } else {
            self.kept.retain(|kept| kept.cursor != cursor);
        }
    }

    /// Runs a statement to its end and answers all its rows. For what is known to answer few.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn run(
        &mut self,
        statement: Statement,
        limit: Option<Duration>,
    ) -> Result<Vec<Row>, Failure> {
        let (cursor, mut reply) = self.start(statement, limit).await?;
        let mut rows = std::mem::take(&mut reply.rows);
        while reply.more {
            reply = self.more(cursor, limit).await?;
            rows.append(&mut reply.rows);
        }
        Ok(rows)
    }

    /// Takes the rows out of the connection that a statement has left there.
    async fn keep_rest(&mut self, limit: Option<Duration>) -> Result<(), Failure> {
        let Some(cursor) = self.streaming else { return Ok(()) };
        if self.kept.len() >= MAX_CURSORS {
            return Err(Failure::Statement(format!(
                "{MAX_CURSORS} statements are not read to their end; close some of them first"
            )));
        }
        let taken: usize = self.kept.iter().map(|kept| kept.size).sum();
        let mut rest = Kept { cursor, replies: VecDeque::new(), size: taken, end: Ok(None) };
        loop {
            match self.more(cursor, limit).await {
                Ok(reply) => {
                    rest.add(&reply);
                    if !reply.more {
                        rest.end = Ok(reply.changed);
                        break;
                    }
                }
                Err(failure) => {
                    rest.end = Err(failure);
                    break;
                }
            }
            if rest.size > KEPT {
                self.stop(cursor).await;
                rest.end = Err(Failure::Statement(format!(
                    "the rows that another statement on this connection interrupted are more than \
                     {} MiB: read them first, use LIMIT, or a second connection",
                    KEPT >> 20
                )));
                break;
            }
        }
        rest.size -= taken;
        self.kept.push(rest);
        Ok(())
    }

    async fn ask(
        &mut self,
        request: impl FnOnce(crate::connection::Answer) -> Request,
    ) -> Result<Reply, Failure> {
        let Some(line) = &self.object else {
            return Err(Failure::Lost("it was released".to_owned()));
        };
        let _still = self.shared.still();
        self.asking = true;
        let reply = line.ask(request).await;
        self.asking = false;
        self.lost |= matches!(reply, Err(Failure::Lost(_)));
        reply
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        if self.asking || self.lost {
            // The connection ends: nobody knows what it is in the middle of.
            drop(Object::take(object));
            return;
        }
        drop(self.runtime.spawn(async move {
            if !timeout(RESET, object.reset()).await.unwrap_or_default() {
                drop(Object::take(object));
            }
        }));
    }
}

impl Kept {
    fn add(&mut self, reply: &Reply) {
        let mut columns = reply.columns.clone();
        for row in &reply.rows {
            self.size += row.iter().map(Cell::size).sum::<usize>();
            self.replies.push_back((columns.take(), row.clone()));
        }
    }

    fn next(&mut self) -> Result<Reply, Failure> {
        let mut reply = Reply::default();
        let mut batch = Batch::default();
        while let Some((columns, _)) = self.replies.front() {
            if columns.is_some() && !batch.rows.is_empty() {
                break;
            }
            let Some((columns, row)) = self.replies.pop_front() else { break };
            if columns.is_some() {
                reply.columns = columns;
            }
            if batch.add(row) {
                break;
            }
        }
        reply.rows = batch.rows;
        if self.replies.is_empty() {
            match &self.end {
                Ok(changed) => reply.changed = *changed,
                // The rows before it are worth having; the next question is answered with it.
                Err(_) if !reply.rows.is_empty() => reply.more = true,
                Err(failure) => return Err(failure.clone()),
            }
        } else {
            reply.more = true;
        }
        Ok(reply)
    }
}
