//! The line to one connection, which lives in a thread or a task of its own.

use std::time::Duration;

use deadpool::managed::{Metrics, RecycleError, RecycleResult};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::databases::Shared;
use crate::dsn::Dsn;
use crate::failure::Failure;
use crate::value::{Reply, Statement};
use crate::{odbc, postgres, sqlite};

/// Where an answer goes. Who asked and does not wait any more has dropped the other end: then the
/// statement is interrupted, and the connection ends.
pub(crate) type Answer = oneshot::Sender<Result<Reply, Failure>>;

/// What a connection is asked.
pub(crate) enum Request {
    /// Run a statement up to its first reply; ends the rows of another one.
    Start { statement: Statement, limit: Option<Duration>, answer: Answer },
    /// The next rows of the statement.
    More { limit: Option<Duration>, answer: Answer },
    /// Forget the further rows of the statement.
    Stop,
    /// Be as new: no transaction, no settings. Answered when it is; a connection that cannot ends.
    Reset { done: oneshot::Sender<()> },
}

/// Requests that may wait: one is answered at a time, and `Stop` is not waited for.
const QUEUE: usize = 2;

/// One connection, as the pool keeps it. It ends when this is dropped.
pub(crate) struct Line {
    requests: mpsc::Sender<Request>,
    /// Its place among all connections of the server.
    _place: OwnedSemaphorePermit,
}

/// The two ends of a line.
pub(crate) fn line() -> (mpsc::Sender<Request>, mpsc::Receiver<Request>) {
    mpsc::channel(QUEUE)
}

impl Line {
    /// Asks and waits for the answer.
    pub(crate) async fn ask(
        &self,
        request: impl FnOnce(Answer) -> Request,
    ) -> Result<Reply, Failure> {
        let (answer, answered) = oneshot::channel();
        let gone = || Failure::Lost("it has ended".to_owned());
        self.requests.send(request(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Forgets the rows that were not read. A connection that is gone has none.
    pub(crate) async fn stop(&self) {
        drop(self.requests.send(Request::Stop).await);
    }

    /// Makes it as new; false when that is not possible.
    pub(crate) async fn reset(&self) -> bool {
        let (done, answered) = oneshot::channel();
        self.requests.send(Request::Reset { done }).await.is_ok() && answered.await.is_ok()
    }

    /// Whether it is there at all.
    pub(crate) fn is_open(&self) -> bool {
        !self.requests.is_closed()
    }
}

/// Makes the connections of one pool.
pub(crate) struct Manager {
    pub(crate) dsn: Dsn,
    /// SQLite: no other files may be attached.
    pub(crate) restricted: bool,
    pub(crate) shared: Shared,
}

impl deadpool::managed::Manager for Manager {
    type Type = Line;
    type Error = Failure;

    async fn create(&self) -> Result<Line, Failure> {
        let place = self.shared.place().ok_or_else(|| Failure::Unavailable {
            database: self.dsn.name(),
            why: format!("{} connections are open in all", crate::MAX_CONNECTIONS),
        })?;
        let requests = match &self.dsn {
            Dsn::Sqlite(path) => sqlite::open(path, &self.shared.settings.folder, self.restricted),
            Dsn::Postgres(text) => return self.opened(postgres::open(text).await, place),
            Dsn::Odbc { source, user, password } => {
                let helper = &self.shared.settings.odbc;
                return self.opened(odbc::open(helper, source, user, password).await, place);
            }
        };
        self.opened(requests.await, place)
    }

    async fn recycle(&self, line: &mut Line, _: &Metrics) -> RecycleResult<Failure> {
        if line.is_open() { Ok(()) } else { Err(RecycleError::message("it has ended")) }
    }
}

impl Manager {
    fn opened(
        &self,
        opened: Result<mpsc::Sender<Request>, String>,
        place: OwnedSemaphorePermit,
    ) -> Result<Line, Failure> {
        let requests =
            opened.map_err(|why| Failure::Unavailable { database: self.dsn.name(), why })?;
        Ok(Line { requests, _place: place })
    }
}
