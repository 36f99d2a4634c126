//! The libraries that scripts require and that are native modules elsewhere: `cjson`, `socket.http`,
//! `lfs` … A native module cannot load in a sandbox; these are found under the same names, in Lua on what
//! the server gives.
//!
//! `require` looks here when no file of that name was found, so a script's own library of that name is
//! the one it gets. Nothing of this is built before it is required.
//!
//! * `json`, `bits`, `digest`, `files`, `http`, `sql`: what the Lua files need of Rust.
//! * `shell`: the same for `lua/shell.lua` (`os.execute`, `io.popen`), which every script has.
//! * `lua/library/*.lua`: the libraries themselves.

pub(crate) mod bits;
pub(crate) mod digest;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod json;
pub(crate) mod shell;
pub(crate) mod sql;

use mlua::{Function, IntoLuaMulti as _, Lua, LuaString, Table};

use crate::interpreter;

/// A library.
struct Library {
    /// Under which names it is required.
    names: &'static [&'static str],
    /// A chunk that is given the natives and `require`, and answers the module.
    source: &'static str,
    /// What it needs of Rust, into its table of natives.
    natives: Option<fn(&Lua, &Table) -> mlua::Result<()>>,
}

/// All of them. docs/lua.md lists them, which a test checks.
const LIBRARIES: &[Library] = &[
    Library {
        names: &["cjson"],
        source: include_str!("lua/library/cjson.lua"),
        natives: Some(json::add),
    },
    Library {
        names: &["cjson.safe"],
        source: include_str!("lua/library/cjson_safe.lua"),
        natives: None,
    },
    Library {
        names: &["json", "dkjson"],
        source: include_str!("lua/library/json.lua"),
        natives: Some(json::add),
    },
    Library {
        names: &["lunajson"],
        source: include_str!("lua/library/lunajson.lua"),
        natives: Some(json::add),
    },
    Library {
        names: &["bit", "bit32"],
        source: include_str!("lua/library/bit.lua"),
        natives: Some(bits::add),
    },
    Library { names: &["uuid"], source: include_str!("lua/library/uuid.lua"), natives: None },
    Library { names: &["inspect"], source: include_str!("lua/library/inspect.lua"), natives: None },
    Library {
        names: &["socket", "socket.core"],
        source: include_str!("lua/library/socket.lua"),
        natives: Some(http::add_time),
    },
    Library {
        names: &["socket.http", "ssl.https"],
        source: include_str!("lua/library/http.lua"),
        natives: Some(http::add),
    },
    Library { names: &["socket.url"], source: include_str!("lua/library/url.lua"), natives: None },
    Library { names: &["ltn12"], source: include_str!("lua/library/ltn12.lua"), natives: None },
    Library {
        names: &["luasql.sqlite3", "luasql.postgres", "luasql.odbc"],
        source: include_str!("lua/library/luasql.lua"),
        natives: Some(sql::add),
    },
    Library {
        names: &["mime"],
        source: include_str!("lua/library/mime.lua"),
        natives: Some(digest::add),
    },
    Library {
        names: &["lfs"],
        source: include_str!("lua/library/lfs.lua"),
        natives: Some(files::add),
    },
    Library {
        names: &["md5"],
        source: include_str!("lua/library/md5.lua"),
        natives: Some(digest::add),
    },
    Library {
        names: &["sha1"],
        source: include_str!("lua/library/sha1.lua"),
        natives: Some(digest::add),
    },
    Library {
        names: &["sha2"],
        source: include_str!("lua/library/sha2.lua"),
        natives: Some(digest::add),
    },
    Library {
        names: &["base64"],
        source: include_str!("lua/library/base64.lua"),
        natives: Some(digest::add),
    },
    Library {
        names: &["posix", "posix.unistd"],
        source: include_str!("lua/library/posix.lua"),
        natives: Some(http::add_time),
    },
];

/// What makes the library of that name, for `require`; none when there is none. It is given what `native`
/// has besides.
pub(crate) fn find(
    lua: &Lua,
    (name, native): (LuaString, Table),
) -> mlua::Result<Option<Function>> {
    let wanted = name.as_bytes();
    let known = |library: &&Library| library.names.iter().any(|name| name.as_bytes() == &*wanted);
    let Some(library) = LIBRARIES.iter().find(known) else { return Ok(None) };
    if let Some(add) = library.natives {
        add(lua, &native)?;
    }
    interpreter::chunk(lua, library.source)?.into_function().map(Some)
}

/// What a native function for `lua/library/*.lua` answers: a value, or nil and why.
pub(crate) fn answer<T: mlua::IntoLuaMulti>(
    lua: &Lua,
    done: Result<T, String>,
) -> mlua::Result<mlua::MultiValue> {
    match done {
        Ok(value) => value.into_lua_multi(lua),
        Err(why) => {
            let why = lua.create_string(ringfence_text::encode(&why))?;
            (mlua::Value::Nil, why).into_lua_multi(lua)
        }
    }
}
