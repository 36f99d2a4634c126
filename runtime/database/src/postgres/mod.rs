//! PostgreSQL: each connection is a task.
//!
//! Statements without values go as they are, and all columns come back as the text that `psql` shows.
//! Those with values are prepared (`bound`). One that takes too long, or that nobody waits for any
//! more, is cancelled as `psql` does on Ctrl-C.

mod bound;
pub(crate) mod placeholder;
mod statement;

use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};

use crate::connection::{Answer, Request, line};
use crate::failure::Failure;
use crate::value::{Reply, Statement};
use statement::Rows;

/// How long connecting may take unless the connection string says so.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a cancelled statement may take to end before the connection is given up.
const CANCEL: Duration = Duration::from_secs(5);

/// What makes a connection as new. Not `DISCARD ALL`: the client's own prepared statements stay.
const CLEAN: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                     SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// The database's name, without a password: `pgsql://user@host:port/name`.
pub(crate) fn name(text: &str) -> Result<String, Failure> {
    let config = read(text).map_err(Failure::Name)?;
    let host = config.get_hostaddrs().first().map(ToString::to_string).or_else(|| {
        config.get_hosts().first().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        })
    });
    let user = config.get_user().unwrap_or_default();
    Ok(format!(
        "pgsql://{user}@{}:{}/{}",
        host.unwrap_or_default(),
        config.get_ports().first().unwrap_or(&5432),
        config.get_dbname().unwrap_or(user)
    ))
}

fn read(text: &str) -> Result<Config, String> {
    let config = text
        .parse::<Config>()
        .map_err(|error| format!("the connection string: {}", words(&error)))?;
    // The permission `database` is asked for one server; the client would go on to the others.
    for (parameter, count) in [
        ("host", config.get_hosts().len()),
        ("hostaddr", config.get_hostaddrs().len()),
        ("port", config.get_ports().len()),
    ] {
        if count > 1 {
            return Err(format!("the connection string: {parameter} names {count}, not one"));
        }
    }
    Ok(config)
}

/// An error with what is behind it.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        let mut text = format!("{}: {}", error.severity(), error.message());
        for (what, more) in [("DETAIL", error.detail()), ("HINT", error.hint())] {
            if let Some(more) = more {
                text.push_str(&format!("\n{what}: {more}"));
            }
        }
        return text;
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Connects. To be called on the thread of databases, where the connection will live.
pub(crate) async fn open(text: &str) -> Result<mpsc::Sender<Request>, String> {
    let mut config = read(text)?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err("sslmode=require: connections to PostgreSQL are not encrypted yet".to_owned());
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_application_name().is_none() {
        config.application_name("ringfence");
    }
    let (client, connection) = config.connect(NoTls).await.map_err(|error| words(&error))?;
    // Ends with the client, or when the server closes.
    let connection = tokio::spawn(connection);
    let (requests, received) = line();
    drop(tokio::spawn(async move {
        tokio::select! {
            biased; // whoever waits gets the server's last words
            () = serve(client, received) => {}
            // One that nobody uses leaves the pool; who waits for an answer is told that it is lost.
            _ = connection => {}
        }
    }));
    Ok(requests)
}

/// Answers requests until nobody can ask any more, or somebody has stopped waiting.
async fn serve(client: Client, mut requests: mpsc::Receiver<Request>) {
    let mut rows = None;
    while let Some(request) = requests.recv().await {
        let goes_on = match request {
            Request::Start { statement, limit, answer } => {
                rows = None;
                let work = start(&client, &statement, &mut rows);
                finish(&client, work, limit, answer).await
            }
            Request::More { limit, answer } => {
                let work = more(&mut rows);
                finish(&client, work, limit, answer).await
            }
            Request::Stop => {
                // The client reads and forgets what still comes.
                rows = None;
                true
            }
            Request::Reset { done } => {
                rows = None;
                // One after the other: several statements in one are a transaction of their own.
                let clean = client.batch_execute("ROLLBACK").await.is_ok()
                    && client.batch_execute(CLEAN).await.is_ok();
                clean && done.send(()).is_ok()
            }
        };
        if !goes_on || client.is_closed() {
            return;
        }
    }
}

async fn start(
    client: &Client,
    statement: &Statement,
    rows: &mut Option<Rows>,
) -> Result<Reply, Failure> {
    let mut begun = if statement.values.is_empty() {
        Rows::plain(client, &statement.sql).await?
    } else {
        bound::start(client, &statement.sql, &statement.values).await?
    };
    let reply = begun.next().await?;
    *rows = reply.more.then_some(begun);
    Ok(reply)
}

async fn more(rows: &mut Option<Rows>) -> Result<Reply, Failure> {
    let Some(running) = rows else { return Ok(Reply::default()) };
    let reply = running.next().await;
    if !reply.as_ref().is_ok_and(|reply| reply.more) {
        *rows = None;
    }
    reply
}

/// Waits for the work as long as it may take and somebody waits for it; whether the connection can be
/// used further.
async fn finish(
    client: &Client,
    work: impl Future<Output = Result<Reply, Failure>>,
    limit: Option<Duration>,
    mut answer: Answer,
) -> bool {
    let mut work = pin!(work);
    let over = async {
        match limit {
            Some(limit) => sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        reply = &mut work => {
            let lost = client.is_closed();
            let reply = reply.map_err(|failure| match failure {
                Failure::Statement(why) if lost => Failure::Lost(why),
                failure => failure,
            });
            return answer.send(reply).is_ok() && !lost;
        }
        () = answer.closed() => {
            cancel(client).await;
            return false;
        }
        () = over => {}
    }
    let failure = Failure::TooLong(limit.unwrap_or_default());
    cancel(client).await;
    // Its end must have come in before the next statement, or that one would be cancelled.
    let ended = timeout(CANCEL, work).await.is_ok();
    answer.send(Err(failure)).is_ok() && ended
}

async fn cancel(client: &Client) {
    let cancelled = timeout(CANCEL, client.cancel_token().cancel_query(NoTls)).await;
    if !matches!(cancelled, Ok(Ok(()))) {
        tracing::warn!("a statement of PostgreSQL could not be cancelled; it may run on there");
    }
}
