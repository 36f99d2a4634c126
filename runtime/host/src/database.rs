//! `interface database`: connections of the server's pools, lent to a script.

use std::time::Duration;

use ringfence_database::{self as pools, Dsn, Handle, Statement, Value};
use ringfence_sandbox::{Handle as Kind, OpenHandle, State};
use wasmtime::component::Resource;

use crate::{
    bindings::ringfence::call::{
        database::{self as interface, Cell, HostConnection, Reply, Value as Given},
        types::Failure,
    },
    failure::bounded,
    host::{Host, tell},
    permission::answered,
};

/// Values that a statement may be given; SQLite has as many placeholders, and PostgreSQL twice.
const MAX_VALUES: usize = 32_766;

/// How much of a statement a transcript shows, in bytes.
const SHOWN: usize = 500;

/// A handle of the guest to a connection.
///
/// Dropped with the guest, however that ends: then it goes back to its pool, or is closed when it was
/// in the middle of a statement.
#[expect(unreachable_pub, reason = "the generated bindings export it")]
pub struct Lent {
    handle: Handle,
    /// How long a statement may take.
    limit: Option<Duration>,
    /// Its place among those that the profile allows.
    _open: OpenHandle,
}

type Rep = Resource<Lent>;

impl interface::Host for State<Host> {}

impl HostConnection for State<Host> {
    async fn open(
        &mut self,
        name: String,
        user: Option<String>,
        password: Option<String>,
    ) -> wasmtime::Result<Result<Rep, Failure>> {
        let _waiting = self.job().enter("database.open");
        let opened = match open(self, &name, user.as_deref(), password.as_deref()).await {
            Ok(lent) => Ok(self.table.push(lent)?),
            Err(failure) => Err(failure),
        };
        answered(self, opened)
    }

    fn connected(&mut self, rep: Rep) -> wasmtime::Result<bool> {
        self.job().count();
        Ok(self.table.get(&rep)?.handle.is_connected())
    }

    async fn start(
        &mut self,
        rep: Rep,
        sql: String,
        values: Vec<Given>,
        typed: bool,
    ) -> wasmtime::Result<Result<Reply, Failure>> {
        let _waiting = self.job().enter("database.start");
        tell(self, || {
            let shown = sql.get(..sql.floor_char_boundary(SHOWN)).unwrap_or_default();
            match values.len() {
                0 => format!("dbh:query({shown:?})"),
                values => format!("dbh:query({shown:?}, {{{values} values}})"),
            }
        });
        if let Err(failure) = bounded("the statement", &sql) {
            return Ok(Err(failure));
        }
        if values.len() > MAX_VALUES {
            let message = format!("{} values; at most {MAX_VALUES}", values.len());
            return Ok(Err(Failure::Invalid(message)));
        }
        let values = values.into_iter().map(value).collect();
        let lent = self.table.get_mut(&rep)?;
        let started = lent.handle.start(Statement { sql, values, typed }, lent.limit).await;
        Ok(started.map(|(cursor, answer)| reply(cursor, answer)).map_err(failure))
    }

    async fn more(&mut self, rep: Rep, cursor: u32) -> wasmtime::Result<Result<Reply, Failure>> {
        let _waiting = self.job().enter("database.more");
        let lent = self.table.get_mut(&rep)?;
        let answer = lent.handle.more(cursor, lent.limit).await;
        Ok(answer.map(|answer| reply(cursor, answer)).map_err(failure))
    }

    async fn stop(&mut self, rep: Rep, cursor: u32) -> wasmtime::Result<()> {
        let _waiting = self.job().enter("database.stop");
        self.table.get_mut(&rep)?.handle.stop(cursor).await;
        Ok(())
    }

    fn drop(&mut self, rep: Rep) -> wasmtime::Result<()> {
        self.job().count();
        self.table.delete(rep)?;
        Ok(())
    }
}

async fn open(
    state: &mut State<Host>,
    name: &str,
    user: Option<&str>,
    password: Option<&str>,
) -> Result<Lent, Failure> {
    let texts = [("the database", Some(name)), ("the user", user), ("the password", password)];
    for (what, text) in texts {
        bounded(what, text.unwrap_or_default())?;
    }
    let switch = state.host.switch().map_err(|error| Failure::Failed(error.to_string()))?;
    let databases = switch.databases().clone();
    let dsn: Dsn = databases
        .find(name, user, password)
        .await
        .map_err(|error| Failure::Invalid(error.to_string()))?;
    // A password is for the database, not for a transcript.
    tell(state, || format!("freeswitch.Dbh({:?})", dsn.name()));
    let authority = state.host.authority.clone();
    if let Some(authority) = &authority {
        authority.database(&dsn.name())?;
    }
    let open =
        state.job().open(Kind::Database).map_err(|reached| Failure::Failed(reached.to_string()))?;
    let restricted = authority.is_some_and(|authority| !authority.all_databases());
    let handle = databases.connect(&dsn, restricted).await.map_err(failure)?;
    Ok(Lent { handle, limit: state.host.statement, _open: open })
}

fn failure(failure: pools::Failure) -> Failure {
    match failure {
        pools::Failure::Name(text) => Failure::Invalid(text),
        other => Failure::Failed(other.to_string()),
    }
}

fn value(given: Given) -> Value {
    match given {
        Given::Null => Value::Null,
        Given::Flag(flag) => Value::Flag(flag),
        Given::Integer(number) => Value::Integer(number),
        Given::Real(number) => Value::Real(number),
        Given::Text(text) => Value::Text(text),
    }
}

fn reply(cursor: u32, reply: pools::Reply) -> Reply {
    let cell = |cell| match cell {
        pools::Cell::Null => Cell::Null,
        pools::Cell::Integer(number) => Cell::Integer(number),
        pools::Cell::Real(number) => Cell::Real(number),
        pools::Cell::Text(text) => Cell::Text(text),
    };
    let row = |row: pools::Row| row.into_iter().map(cell).collect();
    Reply {
        cursor,
        columns: reply.columns,
        rows: reply.rows.into_iter().map(row).collect(),
        more: reply.more,
        changed: reply.changed,
    }
}
