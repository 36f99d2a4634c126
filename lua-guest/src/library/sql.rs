//! What LuaSQL needs: connections, statements and their rows.

use mlua::{AnyUserData, IntoLua as _, Lua, LuaString, MultiValue, Table, Value};

use crate::{
    bindings::ringfence::call::database::{Connection, Reply},
    database, level, place,
};

/// A connection, until it is closed.
struct Open(Option<Connection>);

/// `open(name, user, password)`, `connected(connection)`, `start(connection, sql, typed)`,
/// `more(connection, cursor)`, `stop(connection, cursor)`, `close(connection)`.
///
/// `start` answers the cursor, nothing, the names of the columns if there are some, the rows as arrays,
/// whether there are more, and how many rows were changed; or nil and why. `more` answers the rows and
/// whether there are more; or nil, nil, nil and why.
pub(super) fn add(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.raw_set("open", lua.create_function(open)?)?;
    native.raw_set(
        "connected",
        lua.create_function(|_, object: AnyUserData| {
            let open = object.borrow::<Open>()?;
            Ok(open.0.as_ref().is_some_and(Connection::connected))
        })?,
    )?;
    native.raw_set("start", lua.create_function(start)?)?;
    native.raw_set("more", lua.create_function(more)?)?;
    native.raw_set(
        "stop",
        lua.create_function(|_, (object, cursor): (AnyUserData, u32)| {
            if let Some(connection) = &object.borrow::<Open>()?.0 {
                connection.stop(cursor);
            }
            Ok(())
        })?,
    )?;
    native.raw_set(
        "close",
        lua.create_function(|_, object: AnyUserData| {
            object.borrow_mut::<Open>()?.0 = None;
            Ok(())
        })?,
    )
}

/// A text of Lua's as the server takes it.
fn text(text: &LuaString) -> String {
    ringfence_text::decode(&text.as_bytes()).into_owned()
}

fn open(
    lua: &Lua,
    (name, user, password): (LuaString, Option<LuaString>, Option<LuaString>),
) -> mlua::Result<MultiValue> {
    place::tell(lua);
    let (user, password) = (user.as_ref().map(text), password.as_ref().map(text));
    let opened = Connection::open(&text(&name), user.as_deref(), password.as_deref())
        .map_err(|failure| level::describe(&failure))
        .map(|connection| lua.create_any_userdata(Open(Some(connection))));
    super::answer(lua, opened.and_then(|made| made.map_err(|error| error.to_string())))
}

fn start(
    lua: &Lua,
    (object, sql, typed): (AnyUserData, LuaString, bool),
) -> mlua::Result<MultiValue> {
    place::tell(lua);
    let open = object.borrow::<Open>()?;
    let Some(connection) = &open.0 else { return super::answer::<()>(lua, Err(closed())) };
    let reply = match connection.start(&text(&sql), &[], typed) {
        Ok(reply) => reply,
        Err(failure) => return super::answer::<()>(lua, Err(level::describe(&failure))),
    };
    let names = match &reply.columns {
        Some(names) => {
            let texts = names.iter().map(|name| lua.create_string(ringfence_text::encode(name)));
            let texts = texts.collect::<mlua::Result<Vec<_>>>()?;
            Value::Table(lua.create_sequence_from(texts)?)
        }
        None => Value::Nil,
    };
    let changed = reply.changed.map(|changed| i64::try_from(changed).unwrap_or(i64::MAX));
    let (cursor, further) = (reply.cursor, reply.more);
    Ok(MultiValue::from_vec(vec![
        cursor.into_lua(lua)?,
        Value::Nil,
        names,
        Value::Table(rows(lua, reply)?),
        Value::Boolean(further),
        changed.into_lua(lua)?,
    ]))
}

fn more(lua: &Lua, (object, cursor): (AnyUserData, u32)) -> mlua::Result<MultiValue> {
    place::tell(lua);
    let open = object.borrow::<Open>()?;
    let answered = match &open.0 {
        Some(connection) => connection.more(cursor).map_err(|failure| level::describe(&failure)),
        None => Err(closed()),
    };
    Ok(MultiValue::from_vec(match answered {
        Ok(reply) => {
            let further = reply.more;
            vec![Value::Table(rows(lua, reply)?), Value::Boolean(further)]
        }
        Err(why) => {
            let why = lua.create_string(ringfence_text::encode(&why))?;
            vec![Value::Nil, Value::Nil, Value::Nil, Value::String(why)]
        }
    }))
}

fn closed() -> String {
    "the connection is closed".to_owned()
}

/// Arrays of values; NULL is nil.
fn rows(lua: &Lua, reply: Reply) -> mlua::Result<Table> {
    let all = lua.create_table_with_capacity(reply.rows.len(), 0)?;
    for row in reply.rows {
        let values = lua.create_table_with_capacity(row.len(), 0)?;
        for (index, cell) in row.into_iter().enumerate() {
            values.raw_set(index + 1, database::value(lua, cell, &Value::Nil)?)?;
        }
        all.raw_push(values)?;
    }
    Ok(all)
}
