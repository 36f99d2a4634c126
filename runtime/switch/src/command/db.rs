//! `db`: values in a database of the server, which outlast it.

use std::time::Duration;

use ringfence_database::{Cell, Failure, Row, Statement, Value};

use super::{Command, CommandContext};
use crate::authority;
use crate::operation;
use crate::switch::Switch;

/// What FreeSWITCH answers to what is no order, and to one that fails.
const WRONG: &str = "!err!";
/// The database, in the server's folder of them.
const DATABASE: &str = "call_limit";
/// What SQLite may take; the dialplan waits.
const LIMIT: Duration = Duration::from_secs(10);
/// Names that `list` answers.
const MAX_LIST: usize = 10_000;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS db_data (hostname VARCHAR(255), realm VARCHAR(255), \
                     data_key VARCHAR(255), data VARCHAR(255)); \
                     CREATE UNIQUE INDEX IF NOT EXISTS dd_key ON db_data (data_key, realm)";

/// Why an order was not carried out.
pub(crate) enum Refused {
    /// It is none.
    Usage,
    /// The database said so.
    Failed(String),
    /// The script that asks may not keep that.
    Script(operation::Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.to_string())
    }
}

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "db",
        "[insert|delete|select|exists|count|list]/<realm>/<key>/<value>",
        "Keeps values in a database",
        "As `hash`, in the file `call_limit.db` of `$${db_dir}`, so that values outlast the server. \
         `exists` answers `true` or `false`, `count` how many there are in a realm or in all, `list` the \
         keys of a realm, or the realms, with commas between them.",
        async |context: CommandContext, text: String| match order(&context.switch, &text).await {
            Ok(answer) => answer,
            Err(Refused::Usage) => WRONG.to_owned(),
            Err(Refused::Failed(why)) => {
                tracing::error!("db {text}: {why}");
                WRONG.to_owned()
            }
            Err(Refused::Script(refused)) => format!("-ERR {refused}\n"),
        },
    )]
}

/// Does what `insert/realm/key/value` says; answers what the command prints.
pub(crate) async fn order(switch: &Switch, text: &str) -> Result<String, Refused> {
    // The operator's dialplan expands what it reads from here.
    authority::expandable(text).map_err(Refused::Script)?;
    let mut parts = text.splitn(4, '/');
    let verb = parts.next().unwrap_or_default().to_ascii_lowercase();
    let (realm, key) = (parts.next(), parts.next());
    let value = parts.next().filter(|value| !value.is_empty());
    let filled = |text: Option<&'_ str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    match (verb.as_str(), realm, key, value) {
        ("insert", Some(realm), Some(key), Some(value)) => {
            let sql = "INSERT INTO db_data (realm, data_key, data, hostname) VALUES (?, ?, ?, ?) \
                       ON CONFLICT (data_key, realm) DO UPDATE SET data = excluded.data";
            let hostname = switch.events().core().hostname.clone();
            run(switch, sql, &[realm, key, value, &hostname]).await?;
            Ok("+OK".to_owned())
        }
        ("delete", Some(realm), key, _) => {
            // Without a key nothing is deleted, as in FreeSWITCH: no key is empty.
            if let Some(key) = filled(key) {
                let sql = "DELETE FROM db_data WHERE realm = ? AND data_key = ?";
                run(switch, sql, &[realm, &key]).await?;
            }
            Ok("+OK".to_owned())
        }
        ("select", Some(realm), Some(key), _) => {
            let sql = "SELECT data FROM db_data WHERE realm = ? AND data_key = ?";
            Ok(first(run(switch, sql, &[realm, key]).await?))
        }
        ("exists", Some(realm), Some(key), _) => {
            let sql = "SELECT count(*) > 0 FROM db_data WHERE realm = ? AND data_key = ?";
            let found = first(run(switch, sql, &[realm, key]).await?);
            Ok(if found == "1" { "true" } else { "false" }.to_owned())
        }
        ("count", realm, ..) => Ok(first(match filled(realm) {
            Some(realm) => {
                run(switch, "SELECT count(*) FROM db_data WHERE realm = ?", &[&realm]).await?
            }
            None => run(switch, "SELECT count(*) FROM db_data", &[]).await?,
        })),
        ("list", realm, ..) => {
            let limit = MAX_LIST.to_string();
            let rows = match filled(realm) {
                Some(realm) => {
                    let sql = "SELECT data_key FROM db_data WHERE realm = ? ORDER BY rowid LIMIT ?";
                    run(switch, sql, &[&realm, &limit]).await?
                }
                None => {
                    let sql =
                        "SELECT realm FROM db_data GROUP BY realm ORDER BY min(rowid) LIMIT ?";
                    run(switch, sql, &[&limit]).await?
                }
            };
            Ok(rows.into_iter().map(|row| first(vec![row])).collect::<Vec<_>>().join(","))
        }
        _ => Err(Refused::Usage),
    }
}

/// Runs a statement, and makes the table when it is not there.
async fn run(switch: &Switch, sql: &str, values: &[&str]) -> Result<Vec<Row>, Failure> {
    let databases = switch.databases();
    let dsn = databases.find(DATABASE, None, None).await?;
    let mut handle = databases.connect(&dsn, true).await?;
    let values = values.iter().map(|text| Value::Text((*text).to_owned())).collect();
    let statement = Statement { values, ..Statement::new(sql) };
    match handle.run(statement.clone(), Some(LIMIT)).await {
        Err(Failure::Statement(why)) if why.starts_with("no such table") => {
            handle.run(Statement::new(TABLE), Some(LIMIT)).await?;
            handle.run(statement, Some(LIMIT)).await
        }
        done => done,
    }
}

/// The first column of the first row.
fn first(rows: Vec<Row>) -> String {
    match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
        Some(Cell::Text(text)) => text,
        _ => String::new(),
    }
}
