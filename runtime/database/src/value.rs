//! What goes into a statement, and what comes out.

use serde::{Deserialize, Serialize};

/// A value that a statement's placeholder is bound to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// A truth value; 1 or 0 where a database has none.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// Text; bytes that are not UTF-8 as `ringfence_text` carries them.
    Text(String),
}

/// One column of one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// SQL's NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
    /// Text, or the bytes of a blob as `ringfence_text` carries them.
    Text(String),
}

impl Cell {
    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let text = match self {
            Self::Text(text) => text.len(),
            _ => 0,
        };
        size_of::<Self>() + text
    }
}

/// One row.
pub type Row = Vec<Cell>;

/// What a statement has answered so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The names of the columns, when they are other than in the last reply of this statement: it may
    /// be several statements, each with its own.
    pub columns: Option<Vec<String>>,
    /// The next rows.
    pub rows: Vec<Row>,
    /// There may be more.
    pub more: bool,
    /// How many rows were changed, once that is known and when the statement is of a kind that
    /// changes rows.
    pub changed: Option<u64>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// In the database's own SQL.
    pub sql: String,
    /// For its placeholders: `?` in SQLite and ODBC, `$1` in PostgreSQL.
    pub values: Vec<Value>,
    /// Numbers are answered as numbers where the database knows them; otherwise all is text.
    pub typed: bool,
}

impl Statement {
    /// One without placeholders, answered as text.
    #[must_use]
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new(), typed: false }
    }
}

/// Rows of one reply; more wait in the database until they are asked for.
pub const BATCH_ROWS: usize = 256;
/// The size of the rows of one reply, in bytes; the last one may pass it.
pub const BATCH_BYTES: usize = 64 << 10;
/// The largest row, in bytes. It is in memory as a whole, several times on its way to a script.
pub const MAX_ROW: usize = 4 << 20;

/// Collects the rows of one reply.
#[derive(Debug, Default)]
pub struct Batch {
    /// In order.
    pub rows: Vec<Row>,
    bytes: usize,
}

impl Batch {
    /// Adds a row; true when the reply is full.
    pub fn add(&mut self, row: Row) -> bool {
        self.bytes += row.iter().map(Cell::size).sum::<usize>();
        self.rows.push(row);
        self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }
}
