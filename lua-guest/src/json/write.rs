//! Writing Lua's values as JSON, as FreeSWITCH does: a table whose first key is 1 is an array of all its
//! values; functions, objects and keys that are neither strings nor numbers are left out.

use mlua::{Lua, Table, Value};

use super::{MAX_DEPTH, number};

/// The JSON text of a value; else says why there is none.
pub(super) fn write(lua: &Lua, value: &Value, empty_as_object: bool) -> Result<Vec<u8>, String> {
    let mut writer = Writer { lua, empty_as_object, out: Vec::new() };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer<'l> {
    lua: &'l Lua,
    empty_as_object: bool,
    out: Vec<u8>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        match value {
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::Integer(number) => self.out.extend_from_slice(number.to_string().as_bytes()),
            // FreeSWITCH writes C's names of what is no number, which nothing reads.
            Value::Number(number) if !number.is_finite() => self.out.extend_from_slice(b"null"),
            Value::Number(number) => self.out.extend_from_slice(number::text(*number).as_bytes()),
            Value::String(text) => quoted(&text.as_bytes(), &mut self.out),
            Value::Table(table) => self.table(table, depth)?,
            _ => self.out.extend_from_slice(b"null"),
        }
        Ok(())
    }

    fn table(&mut self, table: &Table, depth: usize) -> Result<(), String> {
        if depth >= MAX_DEPTH {
            return Err(format!(
                "JSON:encode: a table is more than {MAX_DEPTH} tables deep; does it hold itself?"
            ));
        }
        let mut array = None;
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair.map_err(|error| error.to_string())?;
            let first = array.is_none();
            let is_array = *array.get_or_insert_with(|| is_one(&key));
            if first {
                self.out.push(if is_array { b'[' } else { b'{' });
            }
            if !writes(&value) {
                continue;
            }
            let key = if is_array { None } else { Some(self.key(key)?) };
            if key == Some(None) {
                continue;
            }
            if !matches!(self.out.last(), Some(b'[' | b'{')) {
                self.out.push(b',');
            }
            if let Some(Some(key)) = key {
                quoted(&key, &mut self.out);
                self.out.push(b':');
            }
            self.value(&value, depth + 1)?;
        }
        match array {
            Some(is_array) => self.out.push(if is_array { b']' } else { b'}' }),
            None => {
                self.out.extend_from_slice(if self.empty_as_object { b"{}" } else { b"[]" });
            }
        }
        Ok(())
    }

    /// The name of a member; none when there is no such name.
    fn key(&self, key: Value) -> Result<Option<Vec<u8>>, String> {
        match key {
            Value::String(_) | Value::Integer(_) | Value::Number(_) => {
                let text = self.lua.coerce_string(key).map_err(|error| error.to_string())?;
                Ok(text.map(|text| text.as_bytes().to_vec()))
            }
            _ => Ok(None),
        }
    }
}

/// Writes a string with its quotes and escapes.
pub(crate) fn quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control if *control < b' ' => {
                out.extend_from_slice(format!("\\u{control:04x}").as_bytes());
            }
            other => out.push(*other),
        }
    }
    out.push(b'"');
}

/// Whether a key makes a table an array.
fn is_one(key: &Value) -> bool {
    match key {
        Value::Integer(number) => *number == 1,
        Value::Number(number) => *number == 1.0,
        _ => false,
    }
}

/// Whether a value has a JSON text.
fn writes(value: &Value) -> bool {
    matches!(
        value,
        Value::Boolean(_)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Table(_)
    )
}
