//! What the server and the program `ringfence-odbc` say to each other: one JSON object a line.
//!
//! The server asks on the program's standard input, and gets one [`Answer`] for each [`Question`] but
//! `Stop`. The end of the input is the end of the program.

use serde::{Deserialize, Serialize};

use crate::value::{Reply, Statement};

/// The longest line, in bytes: the largest row and what it takes to write it as JSON.
pub const MAX_LINE: usize = 8 * crate::value::MAX_ROW;

/// What the server wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// First of all: a data source, or a connection string.
    Connect {
        /// Its name in `odbc.ini`, or `DRIVER=…;…`.
        source: String,
        /// Empty leaves it to the source.
        user: String,
        /// Empty leaves it to the source.
        password: String,
    },
    /// Run a statement up to its first reply.
    Start {
        /// What to run.
        statement: Statement,
        /// Told to the driver; few of them care. In seconds, 0 is no limit.
        limit: u64,
    },
    /// The next rows.
    More,
    /// Forget the further rows.
    Stop,
    /// No transaction any more.
    Reset,
}

/// What the program answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Connected, or reset.
    Done,
    /// Rows.
    Reply(Reply),
    /// It did not succeed; in the driver's words.
    Failed(String),
    /// It did not succeed, and the connection is gone.
    Lost(String),
}
