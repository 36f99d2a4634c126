//! Runs for neither a call nor a command: the globals that they find, and the globals that they answer
//! with.

use std::cell::Cell;

use mlua::{Lua, LuaString, Table, Value};

use crate::{
    bindings::{
        Fault,
        ringfence::call::{entry, job::Origin, log, types::Failure},
    },
    event::Event,
};

/// How much of `XML_STRING` is handed over at once, in bytes.
const PART: usize = 64 << 10;

thread_local! {
    /// What started this run, where it answers something.
    static ORIGIN: Cell<Option<Origin>> = const { Cell::new(None) };
}

/// Sets `XML_REQUEST` and the event.
pub(crate) fn begin(lua: &Lua, origin: Origin) -> mlua::Result<()> {
    if matches!(origin, Origin::Application | Origin::Api | Origin::Background) {
        return Ok(());
    }
    ORIGIN.set(Some(origin));
    let globals = lua.globals();
    if let Some(request) = entry::requested() {
        let table = lua.create_table_with_capacity(0, 4)?;
        for (name, value) in [
            ("section", request.section),
            ("tag_name", request.tag_name),
            ("key_name", request.key_name),
            ("key_value", request.key_value),
        ] {
            table.raw_set(name, lua.create_string(ringfence_text::encode(&value))?)?;
        }
        globals.raw_set("XML_REQUEST", table)?;
    }
    if let Some((global, event)) = entry::given() {
        let event = Event::new(&event.name, event.headers, event.body);
        globals.raw_set(global, lua.create_any_userdata(event)?)?;
    }
    Ok(())
}

/// Hands over what the script answers.
///
/// # Errors
///
/// The globals hold something else than an answer; what was handed over before is not used then.
pub(crate) fn finish(lua: &Lua, origin: Origin) -> Result<(), Fault> {
    let told = match origin {
        Origin::Handler => xml(lua),
        Origin::Dialplan => actions(lua),
        Origin::Chat => message(lua),
        _ => Ok(()),
    };
    told.map_err(|message| Fault { message, traceback: String::new() })
}

/// The same for a script that leaves with `os.exit`.
pub(crate) fn leave(lua: &Lua) {
    let Some(origin) = ORIGIN.take() else { return };
    if let Err(fault) = finish(lua, origin) {
        // Refused when more was logged than the profile allows; there is nobody else to tell.
        let _ = log::write(log::Level::Error, &fault.message);
    }
}

/// `XML_STRING`.
fn xml(lua: &Lua) -> Result<(), String> {
    let value = global(lua, "XML_STRING")?;
    let kind = value.type_name();
    let Some(text) = text(lua, value)? else {
        return match kind {
            "nil" => Ok(()),
            kind => Err(format!("XML_STRING is a {kind}, not a string")),
        };
    };
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        // An answer, though not a good one.
        return entry::answer(&[]).map_err(said);
    }
    bytes.chunks(PART).try_for_each(entry::answer).map_err(said)
}

/// `ACTIONS = {{"app", "data"}, {"app"}, "app"}`.
fn actions(lua: &Lua) -> Result<(), String> {
    let actions = match global(lua, "ACTIONS")? {
        Value::Table(actions) => actions,
        Value::Nil => return Ok(()),
        other => return Err(format!("ACTIONS is a {}, not a table", other.type_name())),
    };
    for index in 1.. {
        let (application, data) = match raw(&actions, index)? {
            Value::Nil => break,
            Value::Table(action) => {
                let data = raw(&action, 2)?;
                let given = !data.is_nil();
                let data = text(lua, data)?;
                if given && data.is_none() {
                    return Err(format!("the second element of ACTIONS[{index}] is no string"));
                }
                (text(lua, raw(&action, 1)?)?, data)
            }
            other => (text(lua, other)?, None),
        };
        let Some(application) = application.filter(|name| !name.as_bytes().is_empty()) else {
            return Err(format!("ACTIONS[{index}] names no application"));
        };
        let data = data.as_ref().map(decoded).unwrap_or_default();
        entry::action(&decoded(&application), &data).map_err(said)?;
    }
    Ok(())
}

/// `message`, as the script leaves it.
fn message(lua: &Lua) -> Result<(), String> {
    let Value::UserData(object) = global(lua, "message")? else { return Ok(()) };
    let Ok(event) = object.borrow::<Event>() else { return Ok(()) };
    event.given().map_or(Ok(()), |event| entry::set_message(&event)).map_err(said)
}

/// A global, whatever metatables the script has put on their table.
fn global(lua: &Lua, name: &str) -> Result<Value, String> {
    lua.globals().raw_get(name).map_err(|error| error.to_string())
}

fn raw(table: &Table, index: usize) -> Result<Value, String> {
    table.raw_get(index).map_err(|error| error.to_string())
}

/// A string, or a number as one; none for everything else.
fn text(lua: &Lua, value: Value) -> Result<Option<LuaString>, String> {
    match value {
        Value::String(_) | Value::Integer(_) | Value::Number(_) => {
            lua.coerce_string(value).map_err(|error| error.to_string())
        }
        _ => Ok(None),
    }
}

fn decoded(text: &LuaString) -> String {
    ringfence_text::decode(&text.as_bytes()).into_owned()
}

/// Why the server did not take it.
fn said(failure: Failure) -> String {
    match failure {
        Failure::Hangup(text)
        | Failure::Invalid(text)
        | Failure::NotFound(text)
        | Failure::Refused(text)
        | Failure::Failed(text) => text,
    }
}
