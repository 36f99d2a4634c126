//! JSON as the module `cjson` has it: null is a value, and an array is told by its keys.

use mlua::{IntoLuaMulti as _, Lua, LuaString, MultiValue, Table, Value};

use super::answer;
use crate::json::{Json, MAX_DEPTH, quoted, read, real};

/// `json_decode(text)`, `json_encode(value, options)`, and `null`.
pub(super) fn add(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.raw_set("null", Value::NULL)?;
    native.raw_set("json_decode", lua.create_function(decode)?)?;
    native.raw_set("json_encode", lua.create_function(encode)?)
}

fn decode(lua: &Lua, text: LuaString) -> mlua::Result<MultiValue> {
    match read(&text.as_bytes()) {
        Ok(json) => (true, value(lua, json)?).into_lua_multi(lua),
        Err(why) => answer(lua, Err::<Value, _>(why)),
    }
}

fn value(lua: &Lua, json: Json) -> mlua::Result<Value> {
    Ok(match json {
        Json::Null => Value::NULL,
        Json::Array(elements) => {
            let table = lua.create_table_with_capacity(elements.len(), 0)?;
            for element in elements {
                table.raw_push(value(lua, element)?)?;
            }
            Value::Table(table)
        }
        Json::Object(members) => {
            let table = lua.create_table_with_capacity(0, members.len())?;
            for (name, member) in members {
                table.raw_set(lua.create_string(name)?, value(lua, member)?)?;
            }
            Value::Table(table)
        }
        other => other.into_lua(lua)?,
    })
}

/// How values are written.
struct Options {
    /// What an empty table is.
    empty: &'static [u8],
    /// An array with too many holes is an object, not an error.
    sparse_is_object: bool,
    /// Blanks for each level; none writes all in a line.
    indent: Option<usize>,
    /// A metatable that makes a table an array.
    array: Option<Table>,
}

fn encode(lua: &Lua, (value, given): (Value, Table)) -> mlua::Result<MultiValue> {
    let options = Options {
        empty: if given.get("empty_array")? { b"[]" } else { b"{}" },
        sparse_is_object: given.get("sparse")?,
        indent: given.get("indent")?,
        array: given.get("array")?,
    };
    let mut out = Vec::new();
    let done = write(lua, &options, &value, 0, &mut out);
    let text = done.and_then(|()| lua.create_string(&out).map_err(|error| error.to_string()));
    answer(lua, text)
}

fn write(
    lua: &Lua,
    options: &Options,
    value: &Value,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match value {
        Value::Nil => out.extend_from_slice(b"null"),
        Value::LightUserData(pointer) if pointer.0.is_null() => out.extend_from_slice(b"null"),
        Value::Boolean(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Number(number) if !number.is_finite() => {
            return Err("Cannot serialise number: must not be NaN or Inf".to_owned());
        }
        Value::Number(number) => out.extend_from_slice(real(*number).as_bytes()),
        Value::String(text) => quoted(&text.as_bytes(), out),
        Value::Table(table) => return write_table(lua, options, table, depth, out),
        other => return Err(format!("Cannot serialise {}: type not supported", other.type_name())),
    }
    Ok(())
}

fn write_table(
    lua: &Lua,
    options: &Options,
    table: &Table,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    if depth >= MAX_DEPTH {
        return Err(format!("Cannot serialise, excessive depth ({})", MAX_DEPTH + 1));
    }
    let marked = options.array.is_some() && table.metatable() == options.array;
    if let Some(length) = array(options, table, marked)? {
        let elements = (1..=length).map(|index| table.raw_get(index).map(|value| (None, value)));
        return write_all(lua, options, [b'[', b']'], elements, depth, out);
    }
    if table.is_empty() {
        out.extend_from_slice(if marked { b"[]" } else { options.empty });
        return Ok(());
    }
    let members =
        table.pairs::<Value, Value>().map(|pair| pair.map(|(key, value)| (Some(key), value)));
    write_all(lua, options, [b'{', b'}'], members, depth, out)
}

/// What is between two brackets.
fn write_all(
    lua: &Lua,
    options: &Options,
    [open, close]: [u8; 2],
    items: impl Iterator<Item = mlua::Result<(Option<Value>, Value)>>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let line = |out: &mut Vec<u8>, depth: usize| {
        if let Some(indent) = options.indent {
            out.push(b'\n');
            out.resize(out.len() + indent * depth, b' ');
        }
    };
    out.push(open);
    for (index, item) in items.enumerate() {
        let (key, value) = item.map_err(|error| error.to_string())?;
        if index > 0 {
            out.push(b',');
        }
        line(out, depth + 1);
        if let Some(key) = key {
            if !matches!(key, Value::String(_) | Value::Integer(_) | Value::Number(_)) {
                return Err(
                    "Cannot serialise table: table key must be a number or string".to_owned()
                );
            }
            let key = lua.coerce_string(key).map_err(|error| error.to_string())?;
            quoted(&key.map(|key| key.as_bytes().to_vec()).unwrap_or_default(), out);
            out.extend_from_slice(if options.indent.is_some() { b": " } else { b":" });
        }
        write(lua, options, &value, depth + 1, out)?;
    }
    line(out, depth);
    out.push(close);
    Ok(())
}

/// How many elements an array has; none when it is an object. An array has keys from 1 on and no others;
/// more than half of them must be there when it has more than ten.
fn array(options: &Options, table: &Table, marked: bool) -> Result<Option<usize>, String> {
    let (mut count, mut largest) = (0_usize, 0_usize);
    for pair in table.pairs::<Value, Value>() {
        let (key, _) = pair.map_err(|error| error.to_string())?;
        let index = match key {
            Value::Integer(index) => usize::try_from(index).ok().filter(|index| *index > 0),
            // Lua 5.1 and 5.2 have no other numbers.
            Value::Number(number) if number >= 1.0 && number.fract() == 0.0 && number < 1e9 => {
                Some(number as usize)
            }
            _ => None,
        };
        let Some(index) = index else { return Ok(None) };
        count += 1;
        largest = largest.max(index);
    }
    if count == 0 {
        return Ok(marked.then_some(0));
    }
    if largest > 10 && largest > count.saturating_mul(2) {
        if options.sparse_is_object {
            return Ok(None);
        }
        return Err("Cannot serialise table: excessively sparse array".to_owned());
    }
    Ok(Some(largest))
}
