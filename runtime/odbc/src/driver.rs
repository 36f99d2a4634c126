//! The connection and its statements.

use std::io;

use odbc_api::parameter::InputParameter;
use odbc_api::{
    Connection, ConnectionOptions, Cursor, DataType, Environment, Error, IntoParameter, Nullable,
    ResultSetMetadata,
};
use ringfence_database::protocol::{Answer, Question};
use ringfence_database::{Batch, Cell, MAX_ROW, Reply, Row, Statement, Value};

use crate::Line;

/// How long logging in may take, in seconds, where a driver cares.
const LOGIN: u32 = 10;

/// Connects and answers questions until the input ends.
pub(crate) fn serve(line: &mut Line, source: &str, user: &str, password: &str) -> io::Result<()> {
    let environment = match Environment::new() {
        Ok(environment) => environment,
        Err(error) => return line.answer(&Answer::Failed(error.to_string())),
    };
    let options = ConnectionOptions { login_timeout_sec: Some(LOGIN), packet_size: None };
    let connected = if source.contains('=') {
        let mut text = source.trim_end_matches(';').to_owned();
        for (key, value) in [("UID", user), ("PWD", password)] {
            if !value.is_empty() {
                let value = odbc_api::escape_attribute_value(value);
                text.push_str(&format!(";{key}={value}"));
            }
        }
        environment.connect_with_connection_string(&text, options)
    } else {
        environment.connect(source, user, password, options)
    };
    let connection = match connected {
        Ok(connection) => connection,
        Err(error) => return line.answer(&Answer::Failed(words(&error))),
    };
    line.answer(&Answer::Done)?;
    let mut next = line.question()?;
    while let Some(question) = next {
        next = match question {
            Question::Start { statement, limit } => {
                match run(line, &connection, &statement, limit)? {
                    Asked::Nothing => line.question()?,
                    Asked::End => None,
                    Asked::Other(question) => Some(question),
                }
            }
            // The statement has ended: it has no more rows.
            Question::More => {
                line.answer(&Answer::Reply(Reply::default()))?;
                line.question()?
            }
            Question::Stop => line.question()?,
            Question::Reset => {
                // What a driver does with "BEGIN" in SQL is its own affair: then this does nothing,
                // and the statement fails where no transaction is open.
                let through_sql = connection.execute("ROLLBACK", (), None).is_ok();
                let clean = connection.rollback().is_ok() || through_sql;
                line.answer(&if clean {
                    Answer::Done
                } else {
                    Answer::Lost("it cannot be rolled back".to_owned())
                })?;
                line.question()?
            }
            Question::Connect { .. } => {
                line.answer(&Answer::Failed("it is connected".to_owned()))?;
                line.question()?
            }
        };
    }
    Ok(())
}

/// What was asked while a statement had rows left.
enum Asked {
    Nothing,
    End,
    Other(Question),
}

/// Runs a statement to its end, answering whenever it is asked for rows.
fn run(
    line: &mut Line,
    connection: &Connection<'_>,
    statement: &Statement,
    limit: u64,
) -> io::Result<Asked> {
    let mut out = Out { line, asked: Asked::Nothing, columns: None };
    match all(&mut out, connection, statement, limit) {
        Ok(Some(reply)) => {
            out.line.answer(&Answer::Reply(reply))?;
            Ok(Asked::Nothing)
        }
        Ok(None) => Ok(out.asked),
        Err(Stop::Driver(error)) => {
            let lost = connection.is_dead().unwrap_or(false);
            let text = words(&error);
            out.line.answer(&if lost { Answer::Lost(text) } else { Answer::Failed(text) })?;
            Ok(Asked::Nothing)
        }
        Err(Stop::Row) => {
            let text = format!("a row is larger than {MAX_ROW} bytes");
            out.line.answer(&Answer::Failed(text))?;
            Ok(Asked::Nothing)
        }
        Err(Stop::Line(error)) => Err(error),
    }
}

enum Stop {
    Driver(Error),
    Line(io::Error),
    /// A row is too large.
    Row,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

struct Out<'a> {
    line: &'a mut Line,
    asked: Asked,
    columns: Option<Vec<String>>,
}

/// The last reply; none when something else than more rows was asked.
fn all(
    out: &mut Out<'_>,
    connection: &Connection<'_>,
    statement: &Statement,
    limit: u64,
) -> Result<Option<Reply>, Stop> {
    let mut running = connection.preallocate()?;
    // Few drivers know a limit, and the server does not rely on it.
    drop(running.set_query_timeout_sec(usize::try_from(limit).unwrap_or_default()));
    let values: Vec<_> = statement.values.iter().map(parameter).collect();
    let mut rows = Vec::new();
    let mut cursor = running.execute(&statement.sql, &values[..])?;
    while let Some(mut current) = cursor.take() {
        let columns = current.column_names()?.collect::<Result<Vec<_>, _>>()?;
        if !rows.is_empty() && !out.hand_over(std::mem::take(&mut rows))? {
            return Ok(None);
        }
        let numbers = numbers(&mut current, columns.len(), statement.typed)?;
        out.columns = Some(columns);
        let mut batch = Batch::default();
        while let Some(row) = row(&mut current, &numbers)? {
            if batch.add(row) && !out.hand_over(std::mem::take(&mut batch).rows)? {
                return Ok(None);
            }
        }
        rows = batch.rows;
        cursor = current.more_results()?;
    }
    drop(cursor);
    // Only statements that change rows have a count; others answer with an error or -1.
    let count = running.row_count().ok().flatten();
    let changed = count.and_then(|count| u64::try_from(count).ok());
    Ok(Some(Reply { columns: out.columns.take(), rows, more: false, changed }))
}

impl Out<'_> {
    /// Answers with rows and waits for the next question; false when that is another one.
    fn hand_over(&mut self, rows: Vec<Row>) -> Result<bool, Stop> {
        let columns = self.columns.take();
        let reply = Reply { columns, rows, more: true, changed: None };
        self.line.answer(&Answer::Reply(reply)).map_err(Stop::Line)?;
        self.asked = match self.line.question().map_err(Stop::Line)? {
            Some(Question::More) => return Ok(true),
            Some(Question::Stop) => Asked::Nothing,
            Some(other) => Asked::Other(other),
            None => Asked::End,
        };
        Ok(false)
    }
}

/// A number of a typed answer.
#[derive(Clone, Copy)]
enum Number {
    Not,
    Integer,
    Real,
}

/// Which columns are answered as numbers.
fn numbers(
    cursor: &mut impl ResultSetMetadata,
    columns: usize,
    typed: bool,
) -> Result<Vec<Number>, Error> {
    let mut numbers = vec![Number::Not; columns];
    if typed {
        for (index, number) in (1..).zip(&mut numbers) {
            *number = match cursor.col_data_type(index)? {
                DataType::Integer
                | DataType::SmallInt
                | DataType::TinyInt
                | DataType::BigInt
                | DataType::Bit => Number::Integer,
                DataType::Float { .. }
                | DataType::Real
                | DataType::Double
                | DataType::Numeric { .. }
                | DataType::Decimal { .. } => Number::Real,
                _ => Number::Not,
            };
        }
    }
    Ok(numbers)
}

fn row(cursor: &mut impl Cursor, numbers: &[Number]) -> Result<Option<Row>, Stop> {
    let Some(mut row) = cursor.next_row()? else { return Ok(None) };
    let mut cells = Vec::with_capacity(numbers.len());
    let mut size = 0;
    let mut bytes = Vec::new();
    for (index, number) in (1..).zip(numbers) {
        if !row.get_text(index, &mut bytes)? {
            cells.push(Cell::Null);
            continue;
        }
        size += bytes.len();
        if size > MAX_ROW {
            return Err(Stop::Row);
        }
        let text = ringfence_text::decode(&bytes);
        let read = match number {
            Number::Not => None,
            Number::Integer => text.trim().parse().ok().map(Cell::Integer),
            Number::Real => text.trim().parse().ok().map(Cell::Real),
        };
        cells.push(read.unwrap_or_else(|| Cell::Text(text.into_owned())));
    }
    Ok(Some(cells))
}

/// A value for the driver.
fn parameter(value: &Value) -> Box<dyn InputParameter> {
    match value {
        Value::Null => Box::new(None::<String>.into_parameter()),
        Value::Flag(flag) => Box::new(i64::from(*flag)),
        Value::Integer(number) => Box::new(Nullable::new(*number)),
        Value::Real(number) => Box::new(Nullable::new(*number)),
        Value::Text(text) => {
            let bytes = ringfence_text::encode(text).into_owned();
            match String::from_utf8(bytes) {
                Ok(text) => Box::new(text.into_parameter()),
                Err(error) => Box::new(error.into_bytes().into_parameter()),
            }
        }
    }
}

/// The driver's words, without ours around them.
fn words(error: &Error) -> String {
    match error {
        Error::Diagnostics { record, .. } => record.to_string(),
        other => other.to_string(),
    }
}
