//! Why something did not succeed.

use std::time::Duration;

/// Why a connection or a statement failed. The text is for the script's author.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The name of the database cannot be read.
    #[error("{0}")]
    Name(String),
    /// There is no connection to be had: the server is down, the file cannot be opened.
    #[error("cannot connect to {database}: {why}")]
    Unavailable {
        /// Its name, without the password.
        database: String,
        /// In the words of who refused.
        why: String,
    },
    /// All connections are taken, and none came free in time.
    #[error(
        "all {limit} connections to {database} are in use (max-db-handles), and none came free in \
         {waited:?} (db-handle-timeout)"
    )]
    Busy {
        /// Its name, without the password.
        database: String,
        /// How many there are.
        limit: usize,
        /// How long it was waited.
        waited: Duration,
    },
    /// The database refused the statement; the connection can be used further.
    #[error("{0}")]
    Statement(String),
    /// The statement took longer than it may, and was interrupted. A transaction that it was part of
    /// may be gone.
    #[error("statement-limit: the statement was interrupted after {0:?}")]
    TooLong(Duration),
    /// The connection is gone.
    #[error("the connection is lost: {0}")]
    Lost(String),
}

impl Failure {
    /// A row is larger than rows may be.
    pub(crate) fn large_row() -> Self {
        Self::Statement(format!("a row is larger than {} bytes", crate::value::MAX_ROW))
    }
}
