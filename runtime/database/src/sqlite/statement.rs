//! Running a statement: one, or several with semicolons between them.

use std::borrow::Cow;
use std::string::FromUtf8Error;

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Batch as Statements, Connection, ErrorCode, Rows};
use tokio::sync::mpsc;

use super::number;
use super::watch::Watch;
use crate::connection::Request;
use crate::failure::Failure;
use crate::value::{Batch, Cell, MAX_ROW, Reply, Row, Statement, Value};

/// Nobody waits for the answer, or can ask any more.
pub(super) struct Abandoned;

/// Why a statement stops before its end.
enum Stop {
    /// It failed.
    Failed(Failure),
    /// Something else was asked.
    Asked(Request),
    Abandoned,
}

/// Runs it to its end, answering whenever it is asked for rows; what was asked instead of more rows,
/// or after the end.
pub(super) fn run(
    connection: &Connection,
    statement: &Statement,
    before: u64,
    requests: &mut mpsc::Receiver<Request>,
    watch: &Watch,
) -> Result<Option<Request>, Abandoned> {
    let mut run = Run { connection, statement, requests, watch, reply: Reply::default() };
    let reply = match run.all() {
        Ok(()) => {
            let mut reply = std::mem::take(&mut run.reply);
            // What the last user of the connection changed is nobody's business.
            let changed = connection.total_changes() != before;
            reply.changed = Some(if changed { connection.changes() } else { 0 });
            Ok(reply)
        }
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Asked(Request::Stop)) => return Ok(requests.blocking_recv()),
        Err(Stop::Asked(request)) => return Ok(Some(request)),
        Err(Stop::Abandoned) => return Err(Abandoned),
    };
    if watch.answer(reply) { Ok(requests.blocking_recv()) } else { Err(Abandoned) }
}

struct Run<'a> {
    connection: &'a Connection,
    statement: &'a Statement,
    requests: &'a mut mpsc::Receiver<Request>,
    watch: &'a Watch,
    /// What is to be answered next.
    reply: Reply,
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), Stop> {
        let failed = |error: rusqlite::Error, watch: &Watch| Stop::Failed(failure(&error, watch));
        let values = &self.statement.values;
        let mut statements = Statements::new(self.connection, &self.statement.sql);
        let mut next = statements.next().map_err(|error| failed(error, self.watch))?;
        while let Some(mut prepared) = next.take() {
            if !values.is_empty() {
                // The second one is looked at before the first one has done anything.
                if statements.next().map_err(|error| failed(error, self.watch))?.is_some() {
                    return Err(refused("values can be bound to a single statement only"));
                }
                let wanted = prepared.parameter_count();
                if wanted != values.len() {
                    return Err(refused(&format!(
                        "the statement takes {wanted} values, {} were given",
                        values.len()
                    )));
                }
            }
            for (index, value) in values.iter().enumerate() {
                prepared
                    .raw_bind_parameter(index + 1, bound(value))
                    .map_err(|error| failed(error, self.watch))?;
            }
            if prepared.column_count() == 0 {
                prepared.raw_execute().map_err(|error| failed(error, self.watch))?;
            } else {
                let columns = prepared.column_names().map(str::to_owned).collect();
                self.announce(columns)?;
                self.rows(prepared.raw_query())?;
            }
            if values.is_empty() {
                next = statements.next().map_err(|error| failed(error, self.watch))?;
            }
        }
        Ok(())
    }

    /// Other columns begin; a reply has one kind of rows only.
    fn announce(&mut self, columns: Vec<String>) -> Result<(), Stop> {
        if !self.reply.rows.is_empty() {
            let rows = std::mem::take(&mut self.reply.rows);
            self.hand_over(rows)?;
        }
        self.reply.columns = Some(columns);
        Ok(())
    }

    fn rows(&mut self, mut rows: Rows<'_>) -> Result<(), Stop> {
        let mut batch = Batch::default();
        loop {
            let row = rows.next().map_err(|error| Stop::Failed(failure(&error, self.watch)))?;
            let Some(row) = row else { break };
            let row = cells(row, self.statement.typed)
                .map_err(|error| Stop::Failed(failure(&error, self.watch)))?
                .ok_or_else(|| Stop::Failed(Failure::large_row()))?;
            if batch.add(row) {
                self.hand_over(std::mem::take(&mut batch).rows)?;
            }
        }
        self.reply.rows = batch.rows;
        Ok(())
    }

    /// Answers with rows, and waits until more are asked for.
    fn hand_over(&mut self, rows: Vec<Row>) -> Result<(), Stop> {
        let columns = self.reply.columns.take();
        let reply = Reply { columns, rows, more: true, changed: None };
        if !self.watch.answer(Ok(reply)) {
            return Err(Stop::Abandoned);
        }
        match self.requests.blocking_recv() {
            Some(Request::More { limit, answer }) => {
                self.watch.begin(answer, limit);
                Ok(())
            }
            Some(other) => Err(Stop::Asked(other)),
            None => Err(Stop::Abandoned),
        }
    }
}

fn refused(why: &str) -> Stop {
    Stop::Failed(Failure::Statement(why.to_owned()))
}

/// SQLite's own words, as FreeSWITCH shows them.
fn failure(error: &rusqlite::Error, watch: &Watch) -> Failure {
    match error {
        rusqlite::Error::SqliteFailure(code, _) if code.code == ErrorCode::OperationInterrupted => {
            watch.why()
        }
        rusqlite::Error::SqliteFailure(code, text) => {
            Failure::Statement(text.clone().unwrap_or_else(|| code.to_string()))
        }
        rusqlite::Error::SqlInputError { msg, .. } => Failure::Statement(msg.clone()),
        other => Failure::Statement(other.to_string()),
    }
}

fn bound(value: &Value) -> ToSqlOutput<'_> {
    use rusqlite::types::Value as Owned;
    ToSqlOutput::Owned(match value {
        Value::Null => Owned::Null,
        Value::Flag(flag) => Owned::Integer(i64::from(*flag)),
        Value::Integer(number) => Owned::Integer(*number),
        Value::Real(number) => Owned::Real(*number),
        Value::Text(text) => {
            return ToSqlOutput::Borrowed(ValueRef::Text(match ringfence_text::encode(text) {
                Cow::Borrowed(bytes) => bytes,
                // Bytes that are no text are a blob: SQLite's functions expect UTF-8.
                Cow::Owned(bytes) => {
                    let text = String::from_utf8(bytes).map(Owned::Text);
                    let blob = |error: FromUtf8Error| Owned::Blob(error.into_bytes());
                    return ToSqlOutput::Owned(text.unwrap_or_else(blob));
                }
            }));
        }
    })
}

/// A row; none when it is too large.
fn cells(row: &rusqlite::Row<'_>, typed: bool) -> rusqlite::Result<Option<Row>> {
    let columns = row.as_ref().column_count();
    let mut cells = Vec::with_capacity(columns);
    let mut size = 0;
    for column in 0..columns {
        let cell = match row.get_ref(column)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) if typed => Cell::Integer(number),
            ValueRef::Integer(number) => Cell::Text(number.to_string()),
            ValueRef::Real(number) if typed => Cell::Real(number),
            ValueRef::Real(number) => Cell::Text(number::text(number)),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                if bytes.len() > MAX_ROW {
                    return Ok(None);
                }
                Cell::Text(ringfence_text::decode(bytes).into_owned())
            }
        };
        size += cell.size();
        if size > MAX_ROW {
            return Ok(None);
        }
        cells.push(cell);
    }
    Ok(Some(cells))
}
