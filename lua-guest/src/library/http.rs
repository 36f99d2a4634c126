//! Requests, and the time.

use std::time::SystemTime;

use mlua::{Lua, LuaString, MultiValue, Table};

use super::answer;
use crate::{
    bindings::ringfence::call::{
        api,
        http::{self, Request},
    },
    level, place,
};

/// `time()` in seconds and `sleep(ms)`.
pub(super) fn add_time(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.raw_set(
        "time",
        lua.create_function(|_, ()| {
            // The run's own wall clock, to the microsecond as LuaSocket; it is not before 1970.
            let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            Ok(since_epoch.unwrap_or_default().as_micros() as f64 / 1e6)
        })?,
    )?;
    native.raw_set(
        "sleep",
        lua.create_function(|lua, ms: f64| {
            place::tell(lua);
            // A fraction, or what is no time, is cut off.
            api::sleep(ms as u64);
            Ok(())
        })?,
    )
}

/// `fetch(request)`: `method`, `url`, `headers` (name, value, name, value …), `body`, `timeout` in seconds,
/// `redirections`. Answers status, reason, headers in the same form, body and version; or nil and why.
pub(super) fn add(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.raw_set("most", MOST)?;
    native.raw_set("fetch", lua.create_function(fetch)?)
}

/// The largest body, in bytes: a quarter of the memory of a run with the least.
const MOST: u32 = 4 << 20;

fn fetch(lua: &Lua, given: Table) -> mlua::Result<MultiValue> {
    let text = |name: &str| -> mlua::Result<String> {
        let text: LuaString = given.get(name)?;
        Ok(ringfence_text::decode(&text.as_bytes()).into_owned())
    };
    let flat: Vec<LuaString> = given.get("headers")?;
    let decoded = |text: &LuaString| ringfence_text::decode(&text.as_bytes()).into_owned();
    let headers = flat.chunks_exact(2).filter_map(|pair| match pair {
        [name, value] => Some((decoded(name), decoded(value))),
        _ => None,
    });
    let body: LuaString = given.get("body")?;
    let timeout: f64 = given.get("timeout")?;
    let request = Request {
        method: text("method")?,
        url: text("url")?,
        headers: headers.collect(),
        body: body.as_bytes().to_vec(),
        // Cut to what there is.
        timeout: (timeout * 1_000.0) as u32,
        redirections: given.get("redirections")?,
        most: MOST,
    };
    place::tell(lua);
    let response = match http::fetch(&request) {
        Ok(response) => response,
        Err(failure) => return answer(lua, Err::<bool, _>(level::describe(&failure))),
    };
    let headers = lua.create_table_with_capacity(response.headers.len() * 2, 0)?;
    for (name, value) in &response.headers {
        headers.raw_push(lua.create_string(name)?)?;
        headers.raw_push(lua.create_string(ringfence_text::encode(value))?)?;
    }
    let reason = lua.create_string(ringfence_text::encode(&response.reason))?;
    let body = lua.create_string(&response.body)?;
    answer(lua, Ok((response.status, reason, headers, body, response.version)))
}
