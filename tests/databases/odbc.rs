use std::time::Duration;

use ringfence_database::{BATCH_ROWS, Cell, Failure, Statement, Value};
use tempfile::TempDir;

use super::{LONG, bind, connect, databases, run, text, texts};

/// Debian's SQLite driver, on a file.
fn dsn(folder: &TempDir) -> String {
    let folders = std::fs::read_dir("/usr/lib").expect("/usr/lib").flatten();
    let mut drivers = folders.map(|folder| folder.path().join("odbc/libsqlite3odbc.so"));
    let driver = drivers.find(|driver| driver.exists());
    let driver = driver.expect("libsqliteodbc is missing: ./setup.sh installs it");
    format!("odbc://DRIVER={};Database={}/odbc.db", driver.display(), folder.path().display())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut handle = connect(&databases, &dsn(&folder)).await.unwrap();
    run(&mut handle, "CREATE TABLE t(a INTEGER, b TEXT, c REAL)").await.unwrap();
    let values = [Value::Integer(7), Value::Text("it's".to_owned()), Value::Real(0.5)];
    bind(&mut handle, "INSERT INTO t VALUES (?, ?, ?)", &values).await.unwrap();
    bind(&mut handle, "INSERT INTO t VALUES (?, ?, ?)", &[Value::Null, Value::Null, Value::Null])
        .await
        .unwrap();
    let rows = run(&mut handle, "SELECT a, b, c FROM t ORDER BY a DESC").await.unwrap();
    assert_eq!(rows, [["7", "it's", "0.5"].map(text).to_vec(), vec![Cell::Null; 3]]);
    let statement =
        Statement { typed: true, ..Statement::new("SELECT a, b, c FROM t WHERE a = 7") };
    let (_, reply) = handle.start(statement, None).await.unwrap();
    assert_eq!(reply.rows, [[Cell::Integer(7), text("it's"), Cell::Real(0.5)]]);
    assert_eq!(reply.columns, Some(["a", "b", "c"].map(str::to_owned).to_vec()));

    let (_, reply) = handle.start(Statement::new("UPDATE t SET b = 'x'"), None).await.unwrap();
    assert_eq!(reply.changed, Some(2));
    let failure = run(&mut handle, "SELECT * FROM nosuch").await.unwrap_err();
    assert!(matches!(&failure, Failure::Statement(why) if why.contains("nosuch")), "{failure}");
    assert_eq!(run(&mut handle, "SELECT count(*) FROM t").await, Ok(texts(["2"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rows_wait_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut handle = connect(&databases, &dsn(&folder)).await.unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
                SELECT i FROM n";
    let (cursor, mut reply) = handle.start(Statement::new(many), None).await.unwrap();
    let mut seen = 0;
    loop {
        assert!(reply.rows.len() <= BATCH_ROWS);
        seen += reply.rows.len();
        if !reply.more {
            break;
        }
        reply = handle.more(cursor, None).await.unwrap();
    }
    assert_eq!(seen, 20_000);
    let (outer, _) = handle.start(Statement::new(many), None).await.unwrap();
    assert_eq!(run(&mut handle, "SELECT 1").await, Ok(texts(["1"])));
    assert!(handle.more(outer, None).await.unwrap().more);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_nobody_waits_for_ends_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    let mut handle = connect(&databases, &dsn(&folder)).await.unwrap();
    run(&mut handle, "CREATE TABLE t(a)").await.unwrap();
    let endless = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                   SELECT count(*) FROM n";
    let limit = Duration::from_millis(100);
    let failure = handle.run(Statement::new(endless), Some(limit)).await;
    assert_eq!(failure, Err(Failure::TooLong(limit)));
    assert!(!handle.is_connected() || run(&mut handle, "SELECT 1").await.is_err());
    drop(handle);
    // The file is not locked any more by what was interrupted.
    let mut next = tokio::time::timeout(LONG, async {
        loop {
            if let Ok(handle) = connect(&databases, &dsn(&folder)).await {
                return handle;
            }
        }
    })
    .await
    .expect("a connection");
    assert_eq!(run(&mut next, "INSERT INTO t VALUES (1)").await, Ok(vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    for (name, wanted) in [
        ("odbc://nosuchsource:me:secret", "IM002"),
        ("odbc://DRIVER=/nowhere/driver.so;Database=x", "/nowhere/driver.so"),
    ] {
        let failure = connect(&databases, name).await.unwrap_err();
        assert!(matches!(failure, Failure::Unavailable { .. }), "{failure}");
        assert!(failure.to_string().contains(wanted), "{failure}");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }
}
