//! The pools of connections against real databases: PostgreSQL, and ODBC with SQLite's driver.

mod odbc;
mod postgres;

use std::time::Duration;

use ringfence_database::{Cell, Databases, Failure, Handle, Row, Settings, Statement, Value};
use ringfence_tests::binary;
use tempfile::TempDir;

/// Nothing here should ever take as long.
const LONG: Duration = Duration::from_secs(60);

/// Pools of `handles` connections each.
fn databases(folder: &TempDir, handles: usize) -> Databases {
    Databases::new(Settings {
        folder: folder.path().join("db"),
        handles,
        wait: Duration::from_millis(200),
        odbc: binary::path().with_file_name("ringfence-odbc"),
        simulated: false,
    })
}

async fn connect(databases: &Databases, name: &str) -> Result<Handle, Failure> {
    databases.connect(&databases.find(name, None, None).await?, false).await
}

async fn run(handle: &mut Handle, sql: &str) -> Result<Vec<Row>, Failure> {
    handle.run(Statement::new(sql), Some(LONG)).await
}

async fn bind(handle: &mut Handle, sql: &str, values: &[Value]) -> Result<Vec<Row>, Failure> {
    let statement = Statement { values: values.to_vec(), ..Statement::new(sql) };
    handle.run(statement, Some(LONG)).await
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn texts<const N: usize>(row: [&str; N]) -> Vec<Row> {
    vec![row.map(text).to_vec()]
}
