//! `freeswitch.Dbh`.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use mlua::{Function, Lua, Table, Value};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{
        database::{Connection, Value as Given},
        types::Failure,
    },
    class::{self, Bindings, Method},
    database::{self, Rows, Stop},
    level,
    native::{Answer, Natives, Refusal, Reply},
    place, run,
};

/// What FreeSWITCH says when there is no connection.
const NOT_CONNECTED: &str = "DBH NOT Connected.";
/// What `load_extension` answers: `SWITCH_STATUS_FALSE`.
const FALSE: i64 = 1;
/// How much of a statement goes to the log with its error, in bytes.
const SHOWN: usize = 500;

/// A connection, until it is released.
#[derive(Default)]
struct Dbh {
    /// Shared with the statement that runs: its function may release it.
    connection: RefCell<Option<Rc<Connection>>>,
    error: RefCell<Option<String>>,
    changed: Cell<u64>,
}

/// Adds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add::<Dbh>(natives, freeswitch, "Dbh", Some(connect), &[METHODS], &[])
}

const METHODS: Bindings<Method<Dbh>> = &[
    ("connected", |_, dbh, _| {
        let connection = dbh.connection.borrow();
        Ok(Answer::Flag(connection.as_ref().is_some_and(|connection| connection.connected())))
    }),
    ("query", query),
    ("query_rows", query_rows),
    ("affected_rows", |lua, dbh, _| {
        if dbh.connection.borrow().is_none() {
            level::error(lua, NOT_CONNECTED);
        }
        Ok(Answer::Int(i64::try_from(dbh.changed.get()).unwrap_or(i64::MAX)))
    }),
    ("last_error", |_, dbh, _| Ok(Answer::text_or_nil(dbh.error.borrow().clone()))),
    ("clear_error", |_, dbh, _| {
        dbh.error.take();
        Ok(Answer::Nothing)
    }),
    ("release", |lua, dbh, _| {
        dbh.changed.set(0);
        let released = dbh.connection.take().is_some();
        if !released {
            level::error(lua, NOT_CONNECTED);
        }
        Ok(Answer::Flag(released))
    }),
    ("test_reactive", test_reactive),
    ("load_extension", |lua, _, arguments| {
        let name = arguments.text_or_empty(0);
        level::error(
            lua,
            &format!("dbh:load_extension: {name}: no code is loaded into the server"),
        );
        Ok(Answer::Int(FALSE))
    }),
];

fn connect(lua: &Lua, arguments: &Arguments) -> Reply {
    let dbh = Dbh::default();
    place::tell(lua);
    match Connection::open(arguments.text_or_empty(0), arguments.text(1), arguments.text(2)) {
        Ok(connection) => *dbh.connection.borrow_mut() = Some(Rc::new(connection)),
        Err(failure) => {
            level::failed(lua, "freeswitch.Dbh", &failure)?;
            *dbh.error.borrow_mut() = Some(level::describe(&failure));
        }
    }
    Ok(Answer::Value(Value::UserData(lua.create_any_userdata(dbh)?)))
}

/// `query(sql)`, `query(sql, function)`, `query(sql, values)`, `query(sql, values, function)`.
fn query(lua: &Lua, dbh: &Dbh, arguments: &Arguments) -> Reply {
    let (values, function) = match (arguments.value(1), arguments.value(2)) {
        (Value::Function(function), Value::Nil) => (Vec::new(), Some(function)),
        (Value::Table(list), Value::Nil) => (bound(list)?, None),
        (Value::Table(list), Value::Function(function)) => (bound(list)?, Some(function)),
        (Value::Nil, Value::Nil) if arguments.given() == 1 => (Vec::new(), None),
        (Value::Table(_), _) => return Err(arguments.refuse(2, "SWIGLUA_FN")),
        _ => return Err(arguments.refuse(1, "SWIGLUA_FN")),
    };
    dbh.error.take();
    let Some(sql) = arguments.filled(0) else {
        level::error(lua, "Missing SQL query.");
        return Ok(Answer::Flag(false));
    };
    let Some(connection) = dbh.connected(lua) else { return Ok(Answer::Flag(false)) };
    let result = match function {
        Some(function) => each(lua, dbh, &connection, sql, &values, function),
        None => to_its_end(lua, dbh, &connection, sql, &values),
    };
    let Some(failure) = failed(result)? else { return Ok(Answer::Flag(true)) };
    tell(lua, "query", sql, &failure)?;
    // FreeSWITCH keeps what went wrong without a function only.
    if function.is_none() {
        *dbh.error.borrow_mut() = Some(level::describe(&failure));
    }
    Ok(Answer::Flag(false))
}

fn query_rows(lua: &Lua, dbh: &Dbh, arguments: &Arguments) -> Reply {
    let values = match arguments.value(1) {
        Value::Nil => Vec::new(),
        Value::Table(list) => bound(list)?,
        _ => return Err(arguments.refuse(1, "SWIGLUA_TABLE")),
    };
    dbh.error.take();
    let all = lua.create_table()?;
    let problem = match (arguments.filled(0), dbh.connection.borrow().clone()) {
        (None, _) => Some("Missing SQL query.".to_owned()),
        (_, None) => Some(NOT_CONNECTED.to_owned()),
        (Some(sql), Some(connection)) => {
            let result = collect(lua, dbh, &connection, sql, &values, &all);
            let failure = failed(result)?;
            if let Some(failure) = &failure {
                tell(lua, "query_rows", sql, failure)?;
            }
            failure.map(|failure| level::describe(&failure))
        }
    };
    let done = problem.is_none();
    let error = match problem {
        Some(text) => {
            let error = lua.create_string(ringfence_text::encode(&text))?;
            *dbh.error.borrow_mut() = Some(text);
            Value::String(error)
        }
        None => Value::Nil,
    };
    Ok(Answer::Values(vec![Value::Boolean(done), Value::Table(all), error]))
}

/// Runs a statement; when it fails, one that takes away what is wrong, and one that makes it anew.
fn test_reactive(lua: &Lua, dbh: &Dbh, arguments: &Arguments) -> Reply {
    let (Some(test), Some(remove), Some(make)) =
        (arguments.filled(0), arguments.filled(1), arguments.filled(2))
    else {
        level::error(lua, "Missing parameters.");
        return Ok(Answer::Flag(false));
    };
    let Some(connection) = dbh.connected(lua) else { return Ok(Answer::Flag(false)) };
    let run = |sql| -> Result<bool, Refusal> {
        let failure = failed(to_its_end(lua, dbh, &connection, sql, &[]))?;
        if let Some(failure) = &failure {
            tell(lua, "test_reactive", sql, failure)?;
        }
        Ok(failure.is_none())
    };
    if run(test)? {
        return Ok(Answer::Flag(true));
    }
    // What cannot be taken away is not there, as a rule.
    run(remove)?;
    Ok(Answer::Flag(run(make)?))
}

impl Dbh {
    /// The connection; without one the log says so.
    fn connected(&self, lua: &Lua) -> Option<Rc<Connection>> {
        let connection = self.connection.borrow().clone();
        if connection.is_none() {
            level::error(lua, NOT_CONNECTED);
        }
        connection
    }

    fn note(&self, rows: &Rows<'_>) {
        if let Some(changed) = rows.changed() {
            self.changed.set(changed);
        }
    }
}

fn to_its_end(
    lua: &Lua,
    dbh: &Dbh,
    connection: &Connection,
    sql: &str,
    values: &[Given],
) -> Result<(), Stop> {
    let mut rows = Rows::start(lua, connection, sql, values, false)?;
    while rows.next(lua)?.is_some() {}
    dbh.note(&rows);
    Ok(())
}

/// Gives each row to the script's function, until that answers a number other than 0 or fails.
fn each(
    lua: &Lua,
    dbh: &Dbh,
    connection: &Connection,
    sql: &str,
    values: &[Given],
    function: &Function,
) -> Result<(), Stop> {
    let empty = Value::String(lua.create_string("")?);
    let mut rows = Rows::start(lua, connection, sql, values, false)?;
    while let Some(row) = rows.next(lua)? {
        let answer = function.call::<Value>(rows.table(lua, row, &empty)?);
        match answer {
            Ok(Value::Integer(0)) => {}
            Ok(Value::Integer(_)) => break,
            Ok(Value::Number(number)) if number != 0.0 => break,
            Ok(_) => {}
            Err(error) => {
                let text = match &error {
                    mlua::Error::RuntimeError(text) => run::without_own_frames(text),
                    other => other.to_string(),
                };
                level::error(lua, &format!("dbh:query: the function for its rows: {text}"));
                break;
            }
        }
    }
    dbh.note(&rows);
    Ok(())
}

fn collect(
    lua: &Lua,
    dbh: &Dbh,
    connection: &Connection,
    sql: &str,
    values: &[Given],
    all: &Table,
) -> Result<(), Stop> {
    let mut rows = Rows::start(lua, connection, sql, values, false)?;
    while let Some(row) = rows.next(lua)? {
        all.raw_push(rows.table(lua, row, &Value::Nil)?)?;
    }
    dbh.note(&rows);
    Ok(())
}

fn bound(list: &Table) -> Result<Vec<Given>, Refusal> {
    database::values(list).map_err(Refusal::located)
}

/// What the database said; Lua's own errors (no memory) are the script's.
fn failed(result: Result<(), Stop>) -> Result<Option<Failure>, Refusal> {
    match result {
        Ok(()) => Ok(None),
        Err(Stop::Failed(failure)) => Ok(Some(failure)),
        Err(Stop::Lua(error)) => Err(error.into()),
    }
}

/// A failure goes to the log, with the statement; a refusal is the script's error.
fn tell(lua: &Lua, what: &str, sql: &str, failure: &Failure) -> Result<(), Refusal> {
    let shown = &sql[..sql.floor_char_boundary(SHOWN)];
    level::failed(lua, &format!("dbh:{what}: [{shown}]"), failure)
}
