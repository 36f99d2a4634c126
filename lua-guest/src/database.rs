//! Statements on the server's databases, for `freeswitch.Dbh` and `luasql`.

use mlua::{IntoLua as _, Lua, LuaString, Table, Value};

use crate::{
    bindings::ringfence::call::{
        database::{Cell, Connection, Reply, Value as Given},
        types::Failure,
    },
    place,
};

/// The rows of a running statement. Dropping it forgets those that were not read.
pub(crate) struct Rows<'a> {
    connection: &'a Connection,
    cursor: u32,
    /// The names of the columns, made once.
    columns: Vec<LuaString>,
    rows: std::vec::IntoIter<Vec<Cell>>,
    more: bool,
    changed: Option<u64>,
}

/// Why rows do not come: the database's words, or Lua's own error.
pub(crate) enum Stop {
    Failed(Failure),
    Lua(mlua::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<mlua::Error> for Stop {
    fn from(error: mlua::Error) -> Self {
        Self::Lua(error)
    }
}

impl<'a> Rows<'a> {
    /// Runs a statement up to its first rows.
    pub(crate) fn start(
        lua: &Lua,
        connection: &'a Connection,
        sql: &str,
        values: &[Given],
        typed: bool,
    ) -> Result<Self, Stop> {
        place::tell(lua);
        let reply = connection.start(sql, values, typed)?;
        let mut rows = Self {
            connection,
            cursor: reply.cursor,
            columns: Vec::new(),
            rows: Vec::new().into_iter(),
            more: false,
            changed: None,
        };
        rows.take(lua, reply)?;
        Ok(rows)
    }

    /// The next row; none after the last.
    pub(crate) fn next(&mut self, lua: &Lua) -> Result<Option<Vec<Cell>>, Stop> {
        loop {
            if let Some(row) = self.rows.next() {
                return Ok(Some(row));
            }
            if !self.more {
                return Ok(None);
            }
            // Whatever comes of it, it is not asked again after a failure.
            self.more = false;
            let reply = self.connection.more(self.cursor)?;
            self.take(lua, reply)?;
        }
    }

    /// How many rows were changed, once all have come.
    pub(crate) fn changed(&self) -> Option<u64> {
        self.changed
    }

    /// A row by the names of its columns; a NULL is `null`, or left out when that is nil.
    pub(crate) fn table(&self, lua: &Lua, row: Vec<Cell>, null: &Value) -> mlua::Result<Table> {
        let table = lua.create_table_with_capacity(0, row.len())?;
        for (name, cell) in self.columns.iter().zip(row) {
            table.raw_set(name, value(lua, cell, null)?)?;
        }
        Ok(table)
    }

    fn take(&mut self, lua: &Lua, reply: Reply) -> mlua::Result<()> {
        if let Some(names) = reply.columns {
            let names = names.iter().map(|name| lua.create_string(ringfence_text::encode(name)));
            self.columns = names.collect::<mlua::Result<_>>()?;
        }
        self.rows = reply.rows.into_iter();
        self.more = reply.more;
        self.changed = reply.changed.or(self.changed);
        Ok(())
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        if self.more {
            self.connection.stop(self.cursor);
        }
    }
}

/// A column as Lua has it.
pub(crate) fn value(lua: &Lua, cell: Cell, null: &Value) -> mlua::Result<Value> {
    Ok(match cell {
        Cell::Null => null.clone(),
        Cell::Integer(number) => number.into_lua(lua)?,
        Cell::Real(number) => Value::Number(number),
        Cell::Text(text) => Value::String(lua.create_string(ringfence_text::encode(&text))?),
    })
}

/// The values for a statement's placeholders, from a Lua list. A list with holes says its length in
/// `n`, as `table.pack` makes it.
///
/// # Errors
///
/// What is no value of a database; the text says which.
pub(crate) fn values(list: &Table) -> Result<Vec<Given>, String> {
    let length = match list.raw_get("n") {
        Ok(Value::Integer(length)) => usize::try_from(length).unwrap_or_default(),
        Ok(Value::Number(length)) => length as usize,
        _ => list.raw_len(),
    };
    if length > MAX_VALUES {
        return Err(format!("{length} values; at most {MAX_VALUES}"));
    }
    let mut values = Vec::with_capacity(length);
    for index in 1..=length {
        values.push(match list.raw_get::<Value>(index) {
            Ok(Value::Nil) => Given::Null,
            Ok(Value::Boolean(flag)) => Given::Flag(flag),
            Ok(Value::Number(number)) => whole(number).map_or(Given::Real(number), Given::Integer),
            Ok(Value::String(text)) => {
                Given::Text(ringfence_text::decode(&text.as_bytes()).into_owned())
            }
            Ok(other) => other.as_i64().map(Given::Integer).ok_or_else(|| {
                let kind = other.type_name();
                format!(
                    "value {index} is a {kind}; a database takes strings, numbers, booleans and nil"
                )
            })?,
            Err(error) => return Err(error.to_string()),
        });
    }
    Ok(values)
}

/// As many as the server takes.
const MAX_VALUES: usize = 32_766;

/// A whole number that Lua up to 5.2 has as a float, too: columns of integers take no `5.0`.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
