//! Databases: SQLite, PostgreSQL and ODBC behind one kind of handle.
//!
//! Two types to read first: [`Databases`], all pools of a server, and [`Handle`], one connection that
//! somebody uses. Knows no scripts and no calls.
//!
//! # How a statement runs
//!
//! Each connection lives in a thread or a task of its own, never on a thread that serves calls:
//!
//! | kind | where | interrupted by |
//! | --- | --- | --- |
//! | `sqlite` | a thread a connection | SQLite asks every thousand instructions whether it may go on |
//! | `postgres` | a task on the thread `database` | a cancel request, as `psql` sends |
//! | `odbc` | a process a connection (`ringfence-odbc`): a driver that hangs or crashes takes only that | killing it |
//!
//! Who asks waits asynchronously, for as long as the statement may take. **Who stops waiting has
//! interrupted it**: the statement ends, its transaction is rolled back, the connection is closed.
//! Rows come in replies of at most [`BATCH_ROWS`] rows; further ones wait in the database.
//!
//! # Layout
//!
//! * `dsn`: the names of databases. `value`: what goes in and out. `failure`: what can go wrong.
//! * `databases`: the pools. `handle`: the connection in use. `connection`: the line to it.
//! * `sqlite`, `postgres`, `odbc`: the three kinds. `protocol`: how the server and the program
//!   `ringfence-odbc` speak with each other.

mod connection;
mod databases;
mod dsn;
mod failure;
mod handle;
mod odbc;
mod postgres;
pub mod protocol;
mod sqlite;
mod value;

pub use databases::{Databases, IDLE, MAX_CONNECTIONS, MAX_DATABASES, Settings};
pub use dsn::{Dsn, MEMORY};
pub use failure::Failure;
pub use handle::{Handle, KEPT, MAX_CURSORS};
pub use postgres::placeholder::numbered;
pub use value::{BATCH_BYTES, BATCH_ROWS, Batch, Cell, MAX_ROW, Reply, Row, Statement, Value};
