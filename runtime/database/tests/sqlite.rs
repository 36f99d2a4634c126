//! SQLite through the pools.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;
use std::time::{Duration, Instant};

use ringfence_database::{
    BATCH_ROWS, Cell, Databases, Dsn, Failure, Handle, Reply, Row, Settings, Statement, Value,
};
use tempfile::TempDir;
use tokio::time::timeout;

/// Nothing here should ever take as long.
const DEADLINE: Duration = Duration::from_secs(60);

fn databases(folder: &TempDir, handles: usize) -> Databases {
    Databases::new(Settings {
        folder: folder.path().join("db"),
        handles,
        wait: Duration::from_millis(200),
        odbc: Path::new("/nowhere/ringfence-odbc").to_owned(),
        simulated: false,
    })
}

async fn open(databases: &Databases, restricted: bool) -> Handle {
    let dsn = databases.find("test", None, None).await.unwrap();
    databases.connect(&dsn, restricted).await.unwrap()
}

async fn run(handle: &mut Handle, sql: &str) -> Result<Vec<Row>, Failure> {
    let running = handle.run(Statement::new(sql), Some(DEADLINE));
    timeout(DEADLINE, running).await.expect("the statement ends")
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn refused(why: &str) -> Result<Vec<Row>, Failure> {
    Err(Failure::Statement(why.to_owned()))
}

#[tokio::test]
async fn rows_come_as_text_or_as_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut handle = open(&databases, false).await;
    run(&mut handle, "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (NULL, 2.5)")
        .await
        .unwrap();
    let rows = run(&mut handle, "SELECT a, b FROM t ORDER BY rowid").await.unwrap();
    assert_eq!(rows, [[text("1"), text("x")], [Cell::Null, text("2.5")]]);

    let statement = Statement { typed: true, ..Statement::new("SELECT a, b FROM t") };
    let (_, reply) = handle.start(statement, None).await.unwrap();
    assert_eq!(reply.columns, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(reply.rows, [[Cell::Integer(1), text("x")], [Cell::Null, Cell::Real(2.5)]]);
    assert!(!reply.more);
    assert!(folder.path().join("db/test.db").exists());
}

#[tokio::test]
async fn values_are_bound() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut handle = open(&databases, false).await;
    let values = vec![
        Value::Text("'; DROP TABLE t; --".to_owned()),
        Value::Integer(-7),
        Value::Real(0.5),
        Value::Flag(true),
        Value::Null,
        Value::Text(ringfence_text::decode(b"M\xfcller\0").into_owned()),
    ];
    let sql = "SELECT ?, $2, ?3, ?, :e, ?";
    let statement = Statement { values: values.clone(), ..Statement::new(sql) };
    let rows = handle.run(statement, None).await.unwrap();
    let bytes = ringfence_text::decode(b"M\xfcller\0");
    let row = ["'; DROP TABLE t; --", "-7", "0.5", "1", "", &bytes].map(text);
    assert_eq!(rows[0][..4], row[..4]);
    assert_eq!(rows[0][4..], [Cell::Null, row[5].clone()]);

    let start = |sql: &str| Statement { values: values.clone(), ..Statement::new(sql) };
    let failure = handle.run(start("SELECT ?"), None).await;
    let why = "the statement takes 1 values, 6 were given";
    assert_eq!(failure, refused(why));
    let failure = handle.run(start("CREATE TABLE u(a); SELECT ?"), None).await;
    assert_eq!(failure, refused("values can be bound to a single statement only"));
    assert_eq!(run(&mut handle, "SELECT * FROM u").await, refused("no such table: u"));
}

#[tokio::test]
async fn changed_rows_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    let mut handle = open(&databases, false).await;
    for (sql, changed) in [
        ("CREATE TABLE t(a)", 0),
        ("INSERT INTO t VALUES (1), (2)", 2),
        ("SELECT * FROM t", 2),
        ("UPDATE t SET a = 9 WHERE a = 1", 1),
        ("DELETE FROM t WHERE a = 5", 0),
        ("DELETE FROM t", 2),
    ] {
        let (_, reply) = handle.start(Statement::new(sql), None).await.unwrap();
        assert_eq!(reply.changed, Some(changed), "{sql}");
    }
    drop(handle);
    let mut next = open(&databases, false).await;
    let (_, reply) = next.start(Statement::new("SELECT 1"), None).await.unwrap();
    assert_eq!(reply.changed, Some(0), "what the last user changed");
}

#[tokio::test]
async fn rows_wait_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut handle = open(&databases, false).await;
    let million = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) \
                   SELECT i FROM n";
    let (cursor, mut reply) = handle.start(Statement::new(million), None).await.unwrap();
    let mut seen = 0;
    loop {
        assert!(reply.rows.len() <= BATCH_ROWS, "{} rows", reply.rows.len());
        seen += reply.rows.len();
        if !reply.more {
            break;
        }
        reply = handle.more(cursor, None).await.unwrap();
    }
    assert_eq!(seen, 1_000_000);
    assert_eq!(handle.more(cursor, None).await, Ok(Reply::default()));
}

#[tokio::test]
async fn statements_within_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut handle = open(&databases, false).await;
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
                SELECT i FROM n";
    let (outer, reply) = handle.start(Statement::new(many), None).await.unwrap();
    let mut rows = reply.rows;
    let (inner, reply) = handle.start(Statement::new(many), None).await.unwrap();
    assert!(reply.more);
    handle.stop(inner).await;
    run(&mut handle, "CREATE TABLE t(a); INSERT INTO t VALUES (1)").await.unwrap();
    loop {
        let reply = handle.more(outer, None).await.unwrap();
        rows.extend(reply.rows);
        if !reply.more {
            break;
        }
    }
    let wanted: Vec<_> = (1..=5000).map(|i: u32| vec![text(&i.to_string())]).collect();
    assert!(rows == wanted, "{} rows", rows.len());
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    let mut handle = open(&databases, false).await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                   SELECT count(*) FROM n";
    let limit = Duration::from_millis(50);
    let failure = timeout(DEADLINE, handle.run(Statement::new(endless), Some(limit))).await;
    assert_eq!(failure.expect("it ends"), Err(Failure::TooLong(limit)));
    assert_eq!(run(&mut handle, "SELECT 1").await, Ok(vec![vec![text("1")]]));
}

#[tokio::test]
async fn who_stops_waiting_has_interrupted_it() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    let mut handle = open(&databases, false).await;
    run(&mut handle, "CREATE TABLE t(a)").await.unwrap();
    let writes = "BEGIN; INSERT INTO t VALUES (1); \
                  INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                  SELECT count(*) FROM n";
    let running = handle.run(Statement::new(writes), None);
    assert!(timeout(Duration::from_millis(50), running).await.is_err());
    drop(handle);
    // One connection at most: this one is there when that one is gone, and its transaction with it.
    let deadline = Instant::now() + DEADLINE;
    let mut next = loop {
        let dsn = databases.find("test", None, None).await.unwrap();
        match databases.connect(&dsn, false).await {
            Ok(handle) => break handle,
            Err(failure) => assert!(Instant::now() < deadline, "{failure}"),
        }
    };
    assert_eq!(run(&mut next, "INSERT INTO t VALUES (2)").await, Ok(vec![]));
    assert_eq!(run(&mut next, "SELECT a FROM t").await, Ok(vec![vec![text("2")]]));
}

#[tokio::test]
async fn the_next_user_gets_it_as_new() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    for sql in [
        "CREATE TABLE t(a)",
        "BEGIN; INSERT INTO t VALUES (1)",
        "CREATE TEMP TABLE u(a)",
        "PRAGMA query_only = 1",
        "ATTACH ':memory:' AS other",
    ] {
        let mut handle = open(&databases, false).await;
        assert_eq!(run(&mut handle, sql).await, Ok(vec![]), "{sql}");
        drop(handle);
    }
    let mut handle = open(&databases, false).await;
    assert_eq!(run(&mut handle, "SELECT * FROM t").await, Ok(vec![]));
    assert_eq!(run(&mut handle, "SELECT * FROM u").await, refused("no such table: u"));
    assert_eq!(run(&mut handle, "INSERT INTO t VALUES (1)").await, Ok(vec![]));
    let rows = run(&mut handle, "SELECT name FROM pragma_database_list").await;
    assert_eq!(rows, Ok(vec![vec![text("main")]]));
}

#[tokio::test]
async fn a_locked_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut first = open(&databases, false).await;
    let mut second = open(&databases, false).await;
    run(&mut first, "CREATE TABLE t(a); BEGIN IMMEDIATE").await.unwrap();
    let limit = Duration::from_millis(50);
    let failure = second.run(Statement::new("INSERT INTO t VALUES (1)"), Some(limit)).await;
    assert_eq!(failure, refused("database is locked"));
    let (waited, ended) =
        tokio::join!(run(&mut second, "INSERT INTO t VALUES (1)"), run(&mut first, "COMMIT"),);
    assert_eq!((waited, ended), (Ok(vec![]), Ok(vec![])));
}

#[tokio::test]
async fn no_more_connections_than_agreed() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    let first = open(&databases, false).await;
    let dsn = databases.find("test", None, None).await.unwrap();
    let failure = databases.connect(&dsn, false).await.unwrap_err();
    assert!(matches!(failure, Failure::Busy { limit: 1, .. }), "{failure}");
    assert!(failure.to_string().contains("max-db-handles"), "{failure}");
    let (second, ()) = tokio::join!(databases.connect(&dsn, false), async { drop(first) });
    assert!(second.is_ok());
}

#[tokio::test]
async fn restricted_connections_reach_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut free = open(&databases, false).await;
    let other = folder.path().join("other.db");
    let attach = format!("ATTACH '{}' AS other", other.display());
    assert_eq!(run(&mut free, &attach).await, Ok(vec![]));
    let mut restricted = open(&databases, true).await;
    for sql in [attach, format!("VACUUM INTO '{}'", folder.path().join("copy.db").display())] {
        let failure = run(&mut restricted, &sql).await.unwrap_err().to_string();
        assert!(failure.contains("auth"), "{sql}: {failure}");
    }
    assert_eq!(run(&mut restricted, "CREATE TABLE v(a); VACUUM").await, Ok(vec![]));

    // A link that came after the path was looked at.
    std::fs::write(&other, "").unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&other, &link).unwrap();
    let failure = databases.connect(&Dsn::Sqlite(link.clone()), true).await.unwrap_err();
    assert!(matches!(failure, Failure::Unavailable { .. }), "{failure}");
    let found = databases.find(&link.to_string_lossy(), None, None).await.unwrap();
    assert_eq!(found, Dsn::Sqlite(other.canonicalize().unwrap()));
}

#[tokio::test]
async fn one_statement_does_not_take_all_memory() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 2);
    let mut handle = open(&databases, false).await;
    for sql in ["SELECT zeroblob(100000000)", "SELECT hex(zeroblob(9000000))"] {
        assert_eq!(run(&mut handle, sql).await, refused("string or blob too big"), "{sql}");
    }
    let failure = run(&mut handle, "SELECT zeroblob(5000000)").await.unwrap_err();
    assert!(failure.to_string().contains("a row is larger"), "{failure}");
    // What would undo a limit does nothing.
    for pragma in ["hard_heap_limit = 1", "soft_heap_limit = 1", "busy_timeout = 100000"] {
        assert_eq!(run(&mut handle, &format!("PRAGMA {pragma}")).await, Ok(vec![]), "{pragma}");
    }
    assert_eq!(run(&mut handle, "SELECT 1").await, Ok(vec![vec![text("1")]]));
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let databases = databases(&folder, 1);
    let file = folder.path().join("text");
    std::fs::write(&file, "this is no database, but a text that is long enough to be one").unwrap();
    let dsn = Dsn::Sqlite(folder.path().join("no/such/folder/x.db"));
    let failure = databases.connect(&dsn, false).await.unwrap_err();
    assert!(failure.to_string().contains("unable to open database file"), "{failure}");
    let mut handle = databases.connect(&Dsn::Sqlite(file), false).await.unwrap();
    assert_eq!(run(&mut handle, "SELECT * FROM t").await, refused("file is not a database"));
    let dsn = databases.find("odbc://x", None, None).await.unwrap();
    let failure = databases.connect(&dsn, false).await.unwrap_err();
    assert!(failure.to_string().contains("/nowhere/ringfence-odbc"), "{failure}");
}
