//! The rows of a running statement.

use std::pin::Pin;

use futures_util::StreamExt as _;
use tokio_postgres::{Client, Column, RowStream, SimpleQueryMessage, SimpleQueryStream};

use super::words;
use crate::failure::Failure;
use crate::value::{Batch, Cell, MAX_ROW, Reply, Row};

/// What the server still sends.
pub(super) enum Rows {
    /// Of one or several statements, as text.
    Plain(Pin<Box<SimpleQueryStream>>, Plain),
    /// Of one prepared statement.
    Bound(Pin<Box<RowStream>>, Option<Vec<String>>),
}

/// Where a plain statement is.
#[derive(Default)]
pub(super) struct Plain {
    columns: Option<Vec<String>>,
    /// The first row of a statement whose columns are not the last reply's.
    held: Option<Row>,
    changed: Option<u64>,
}

impl Rows {
    /// Sends it as it is.
    pub(super) async fn plain(client: &Client, sql: &str) -> Result<Self, Failure> {
        let stream = client.simple_query_raw(sql).await.map_err(|error| failed(&error))?;
        Ok(Self::Plain(Box::pin(stream), Plain::default()))
    }

    /// The rows of a prepared statement, whose columns have these names.
    pub(super) fn bound(stream: RowStream, columns: Vec<String>) -> Self {
        Self::Bound(Box::pin(stream), Some(columns))
    }

    /// As many as a reply takes.
    pub(super) async fn next(&mut self) -> Result<Reply, Failure> {
        match self {
            Self::Plain(stream, plain) => plain.next(stream).await,
            Self::Bound(stream, columns) => {
                let mut batch = Batch::default();
                while let Some(row) = stream.next().await {
                    let row = super::bound::cells(&row.map_err(|error| failed(&error))?)?;
                    if batch.add(row) {
                        let columns = columns.take();
                        return Ok(Reply { columns, rows: batch.rows, more: true, changed: None });
                    }
                }
                let changed = stream.rows_affected();
                Ok(Reply { columns: columns.take(), rows: batch.rows, more: false, changed })
            }
        }
    }
}

impl Plain {
    async fn next(&mut self, stream: &mut Pin<Box<SimpleQueryStream>>) -> Result<Reply, Failure> {
        let mut batch = Batch::default();
        if let Some(row) = self.held.take() {
            batch.add(row);
        }
        while let Some(message) = stream.next().await {
            match message.map_err(|error| failed(&error))? {
                SimpleQueryMessage::RowDescription(columns) => {
                    let names = columns.iter().map(|column| column.name().to_owned()).collect();
                    if !batch.rows.is_empty() {
                        // These rows have other columns than those that follow.
                        let columns = self.columns.replace(names);
                        return Ok(Reply { columns, rows: batch.rows, more: true, changed: None });
                    }
                    self.columns = Some(names);
                }
                SimpleQueryMessage::Row(row) => {
                    let full = batch.add(texts(&row)?);
                    if full {
                        let columns = self.columns.take();
                        return Ok(Reply { columns, rows: batch.rows, more: true, changed: None });
                    }
                }
                SimpleQueryMessage::CommandComplete(changed) => self.changed = Some(changed),
                _ => {}
            }
        }
        let columns = self.columns.take();
        Ok(Reply { columns, rows: batch.rows, more: false, changed: self.changed })
    }
}

fn texts(row: &tokio_postgres::SimpleQueryRow) -> Result<Row, Failure> {
    let mut cells = Vec::with_capacity(row.len());
    let mut size = 0;
    for column in 0..row.len() {
        let text = row.try_get(column).map_err(|error| failed(&error))?;
        size += text.map_or(0, str::len);
        if size > MAX_ROW {
            return Err(Failure::large_row());
        }
        cells.push(text.map_or(Cell::Null, |text| Cell::Text(text.to_owned())));
    }
    Ok(cells)
}

/// The names of columns.
pub(super) fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name().to_owned()).collect()
}

pub(super) fn failed(error: &tokio_postgres::Error) -> Failure {
    if error.is_closed() { Failure::Lost(words(error)) } else { Failure::Statement(words(error)) }
}
