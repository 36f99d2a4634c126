use std::time::Duration;

use ringfence_database::{BATCH_ROWS, Cell, Failure, Statement, Value};
use ringfence_tests::{Postgres, eventually};
use tokio::time::{sleep, timeout};

use super::{LONG, bind, connect, databases, run, text, texts};

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_values_of_many_types() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let databases = databases(&folder, 2);
    let mut handle = connect(&databases, &postgres.dsn()).await.unwrap();
    // What `psql` shows, without values and with them: those come in another way.
    let columns = "1::smallint, 2, 3::bigint, 'x', 'y'::char(3), true, false, 1.50::numeric, 0.1::float8, \
                   '2026-11-21 08:09:10.5'::timestamp, '2026-11-21'::date, '{1,2}'::int[], \
                   '{\"a\": 1}'::jsonb, '\\x4142'::bytea, NULL::int, ''::text, '10.0.0.0/8'::cidr, \
                   '1 day 2 hours'::interval";
    let shown = postgres.query(&format!("SELECT {columns}"));
    let plain = run(&mut handle, &format!("SELECT {columns}")).await.unwrap();
    let same = format!("SELECT {columns} WHERE $1::text = 'yes' -- and no more");
    let bound = bind(&mut handle, &same, &[Value::Text("yes".to_owned())]).await.unwrap();
    assert_eq!(bound, plain);
    let cells: Vec<_> = plain[0]
        .iter()
        .map(|cell| match cell {
            Cell::Text(text) => text.as_str(),
            Cell::Null => "",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(cells.join("|"), shown);
    assert_eq!(plain[0][14..16], [Cell::Null, text("")]);

    let values = [
        Value::Text("'; DROP TABLE t; --".to_owned()),
        Value::Integer(-7),
        Value::Real(0.5),
        Value::Flag(true),
        Value::Null,
        Value::Real(5.0),
    ];
    let sql = "SELECT ?::text, ?::int, ?::float8, ?::bool, ?::int, ?::int; ";
    let row = bind(&mut handle, sql, &values).await.unwrap();
    assert_eq!(row[0][..4], ["'; DROP TABLE t; --", "-7", "0.5", "t"].map(text));
    assert_eq!(row[0][4..], [Cell::Null, text("5")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_change_rows_and_fail() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let databases = databases(&folder, 2);
    let mut handle = connect(&databases, &postgres.dsn()).await.unwrap();
    run(&mut handle, "CREATE TABLE t(a int PRIMARY KEY, b text)").await.unwrap();
    let insert = Statement::new("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
    let (_, reply) = handle.start(insert, None).await.unwrap();
    assert_eq!(reply.changed, Some(2));
    let update = Statement {
        values: vec![Value::Text("z".to_owned()), Value::Integer(2)],
        ..Statement::new("UPDATE t SET b = ? WHERE a = ? RETURNING a, b")
    };
    let (_, reply) = handle.start(update, None).await.unwrap();
    assert_eq!((reply.rows, reply.changed), (texts(["2", "z"]), Some(1)));

    for (sql, wanted) in [
        ("SELECT * FROM nosuch", "relation \"nosuch\" does not exist"),
        ("INSERT INTO t VALUES (1, 'again')", "Key (a)=(1) already exists"),
        ("bad sql", "syntax error"),
    ] {
        let failure = run(&mut handle, sql).await.unwrap_err();
        assert!(matches!(&failure, Failure::Statement(text) if text.contains(wanted)), "{failure}");
    }
    let failure = bind(&mut handle, "SELECT ?", &[Value::Null, Value::Null]).await.unwrap_err();
    assert!(matches!(failure, Failure::Statement(_)), "{failure}");
    let failure = bind(&mut handle, "SELECT $1, $2", &[Value::Null]).await.unwrap_err();
    assert!(failure.to_string().contains("takes 2 values, 1 were given"), "{failure}");
    // Several statements, each with columns of its own.
    let (cursor, first) =
        handle.start(Statement::new("SELECT 1 AS a; SELECT 2 AS b, 3 AS c"), None).await.unwrap();
    assert_eq!((first.columns, first.rows), (Some(vec!["a".into()]), texts(["1"])));
    let second = handle.more(cursor, None).await.unwrap();
    assert_eq!(
        (second.columns, second.rows),
        (Some(vec!["b".into(), "c".into()]), texts(["2", "3"]))
    );
    assert!(!second.more);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_rows_wait_in_the_database() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let databases = databases(&folder, 2);
    let mut handle = connect(&databases, &postgres.dsn()).await.unwrap();
    for values in [vec![], vec![Value::Integer(1_000_000)]] {
        let many = if values.is_empty() { "1000000" } else { "?::int" };
        let sql = format!("SELECT generate_series(1, {many})");
        let statement = Statement { values, ..Statement::new(sql) };
        let (cursor, mut reply) = handle.start(statement, None).await.unwrap();
        let mut seen = 0;
        loop {
            assert!(reply.rows.len() <= BATCH_ROWS);
            seen += reply.rows.len();
            if !reply.more {
                break;
            }
            reply = handle.more(cursor, None).await.unwrap();
        }
        assert_eq!(seen, 1_000_000);
    }
    // What was not read does not come before the next answer.
    let (cursor, _) =
        handle.start(Statement::new("SELECT generate_series(1, 100000)"), None).await.unwrap();
    handle.stop(cursor).await;
    assert_eq!(run(&mut handle, "SELECT 1").await, Ok(texts(["1"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_or_is_given_up_is_cancelled() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let databases = databases(&folder, 1);
    let mut handle = connect(&databases, &postgres.dsn()).await.unwrap();
    let limit = Duration::from_millis(100);
    let failure = handle.run(Statement::new("SELECT pg_sleep(3600)"), Some(limit)).await;
    assert_eq!(failure, Err(Failure::TooLong(limit)));
    assert_eq!(run(&mut handle, "SELECT 1").await, Ok(texts(["1"])), "it can be used further");

    // It has begun when it is seen, and is gone soon after nobody waits for it.
    let given_up = run(&mut handle, "BEGIN; CREATE TABLE u(a int); SELECT pg_sleep(3600)");
    let seen = async {
        while !postgres.running().contains("3600") {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        done = given_up => panic!("{done:?}"),
        begun = timeout(LONG, seen) => begun.expect("it begins"),
    }
    drop(handle);
    eventually("the statement to end", || postgres.running().is_empty().then_some(()));
    let mut next = eventually_connected(&databases, &postgres.dsn()).await;
    let failure = run(&mut next, "SELECT * FROM u").await.unwrap_err();
    assert!(failure.to_string().contains("does not exist"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_user_gets_it_as_new() {
    let (postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let databases = databases(&folder, 1);
    for sql in [
        "CREATE TABLE t(a int)",
        "BEGIN; INSERT INTO t VALUES (1)",
        "CREATE TEMP TABLE u(a int); SET search_path = nowhere",
        "SELECT pg_advisory_lock(7)",
    ] {
        let mut handle = eventually_connected(&databases, &postgres.dsn()).await;
        run(&mut handle, sql).await.unwrap();
    }
    let mut handle = eventually_connected(&databases, &postgres.dsn()).await;
    assert_eq!(run(&mut handle, "SELECT * FROM t").await, Ok(vec![]));
    assert!(run(&mut handle, "SELECT * FROM u").await.is_err());
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    assert_eq!(run(&mut handle, locks).await, Ok(texts(["0"])));
    assert_eq!(databases.open(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_and_comes_back() {
    let (mut postgres, folder) = (Postgres::start(), tempfile::tempdir().unwrap());
    let databases = databases(&folder, 1);
    let mut handle = connect(&databases, &postgres.dsn()).await.unwrap();
    postgres.stop();
    let failure = run(&mut handle, "SELECT 1").await.unwrap_err();
    assert!(matches!(failure, Failure::Lost(_)), "{failure}");
    assert!(!handle.is_connected());
    drop(handle);
    let failure = connect(&databases, &postgres.dsn()).await.unwrap_err();
    assert!(
        matches!(&failure, Failure::Unavailable { why, .. } if why.contains("refused")),
        "{failure}"
    );
    postgres.restart();
    let mut handle = connect(&databases, &postgres.dsn()).await.unwrap();
    assert_eq!(run(&mut handle, "SELECT 1").await, Ok(texts(["1"])));
}

/// A connection of a pool of one whose last user may still be on its way out.
async fn eventually_connected(
    databases: &ringfence_database::Databases,
    dsn: &str,
) -> ringfence_database::Handle {
    let trying = async {
        loop {
            if let Ok(handle) = connect(databases, dsn).await {
                return handle;
            }
        }
    };
    timeout(LONG, trying).await.expect("a connection")
}
