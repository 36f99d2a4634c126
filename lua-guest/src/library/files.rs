//! What `lfs` needs of the file system, as far as WASI has it. Paths are full ones.

use std::fs::{self, FileTimes, Metadata, OpenOptions};
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mlua::{IntoLua as _, Lua, LuaString, MultiValue, Table, Value};

use super::answer;

/// `attributes(path, follow)`, `list(path)`, `mkdir(path)`, `rmdir(path)`, `touch(path, accessed, modified)`:
/// each answers nil, why and the system's number when it does not succeed.
pub(super) fn add(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.raw_set("attributes", lua.create_function(attributes)?)?;
    native.raw_set("list", lua.create_function(list)?)?;
    native.raw_set(
        "mkdir",
        lua.create_function(|lua, path: LuaString| {
            told(lua, fs::create_dir(path.to_string_lossy()).map(|()| true))
        })?,
    )?;
    native.raw_set(
        "rmdir",
        lua.create_function(|lua, path: LuaString| {
            told(lua, fs::remove_dir(path.to_string_lossy()).map(|()| true))
        })?,
    )?;
    native.raw_set("touch", lua.create_function(touch)?)
}

/// A value, or nil, why, and the number.
fn told<T: mlua::IntoLuaMulti>(lua: &Lua, done: io::Result<T>) -> mlua::Result<MultiValue> {
    match done {
        Ok(value) => answer(lua, Ok(value)),
        Err(error) => {
            let number = error.raw_os_error().into_lua(lua)?;
            // Without Rust's "(os error 44)".
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default().to_owned();
            answer(lua, Ok((Value::Nil, text, number)))
        }
    }
}

fn attributes(lua: &Lua, (path, follow): (LuaString, bool)) -> mlua::Result<MultiValue> {
    let path = path.to_string_lossy();
    let found = if follow { fs::metadata(path) } else { fs::symlink_metadata(path) };
    match found {
        Ok(metadata) => answer(lua, Ok(described(lua, &metadata)?)),
        Err(error) => told(lua, Err::<Value, _>(error)),
    }
}

fn described(lua: &Lua, metadata: &Metadata) -> mlua::Result<Table> {
    let kind = metadata.file_type();
    let mode = if kind.is_dir() {
        "directory"
    } else if kind.is_symlink() {
        "link"
    } else if kind.is_file() {
        "file"
    } else {
        "other"
    };
    let seconds = |time: io::Result<SystemTime>| {
        let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        since.map_or(0, |since| since.as_secs())
    };
    let table = lua.create_table()?;
    table.raw_set("mode", mode)?;
    table.raw_set("size", metadata.len())?;
    table.raw_set("modification", seconds(metadata.modified()))?;
    table.raw_set("access", seconds(metadata.accessed()))?;
    // WASI does not tell when the entry itself was changed.
    table.raw_set("change", seconds(metadata.modified()))?;
    Ok(table)
}

fn list(lua: &Lua, path: LuaString) -> mlua::Result<MultiValue> {
    let read = || -> io::Result<Vec<Vec<u8>>> {
        let mut names = vec![b".".to_vec(), b"..".to_vec()];
        for entry in fs::read_dir(path.to_string_lossy())? {
            names.push(entry?.file_name().into_encoded_bytes());
        }
        Ok(names)
    };
    match read() {
        Ok(names) => {
            let table = lua.create_table_with_capacity(names.len(), 0)?;
            for name in names {
                table.raw_push(lua.create_string(name)?)?;
            }
            answer(lua, Ok(table))
        }
        Err(error) => told(lua, Err::<Value, _>(error)),
    }
}

fn touch(lua: &Lua, (path, accessed, modified): (LuaString, f64, f64)) -> mlua::Result<MultiValue> {
    let at = |seconds: f64| {
        let since = Duration::try_from_secs_f64(seconds);
        since.ok().and_then(|since| UNIX_EPOCH.checked_add(since)).unwrap_or(UNIX_EPOCH)
    };
    let times = FileTimes::new().set_accessed(at(accessed)).set_modified(at(modified));
    let file = OpenOptions::new().write(true).open(path.to_string_lossy());
    told(lua, file.and_then(|file| file.set_times(times)).map(|()| true))
}
