//! Hangup hooks.
//!
//! The script is not interrupted: FreeSWITCH looks whether the call was hung up or transferred when
//! something that may block begins and ends, and in `ready`. So does this.

use mlua::{LuaString, MultiValue, Value};

use crate::{bindings::ringfence::call::session::Hook, level, native::Refusal, session::Call};

/// Where the hook's return value goes.
const RESULT: &str = "lua_hangup_hook_return_val";

/// Runs the hook when it is due; once. Its return values `exit` and `die` end the script.
pub(crate) fn check(call: &Call<'_>) -> Result<(), Refusal> {
    let session = &call.session;
    if session.hook_ran.get() {
        return Ok(());
    }
    let Some(callback) = session.hook.borrow().clone() else { return Ok(()) };
    let status = match call.handle()?.hook() {
        None => return Ok(()),
        Some(Hook::Hangup) => "hangup",
        Some(Hook::Transfer) => "transfer",
    };
    session.hook_ran.set(true);
    let mut arguments = MultiValue::new();
    arguments.push_back(Value::UserData(call.object.clone()));
    arguments.push_back(Value::String(call.lua.create_string(status)?));
    let Some(value) = callback.call(call.lua, "hangup hook", arguments) else { return Ok(()) };
    let Some(result) = text(call, value)? else { return Ok(()) };
    if let Err(failure) = call.handle()?.set_variable(RESULT, Some(&result)) {
        level::error(call.lua, &format!("{RESULT}: {}", level::describe(&failure)));
    }
    match result.as_str() {
        "exit" | "die" => Err(Refusal::bare(result)),
        _ => Ok(()),
    }
}

/// The return value as a string; none when it is not one.
fn text(call: &Call<'_>, value: Value) -> Result<Option<String>, Refusal> {
    let string: Option<LuaString> = match value {
        Value::String(_) | Value::Integer(_) | Value::Number(_) => call.lua.coerce_string(value)?,
        _ => None,
    };
    Ok(string.map(|string| crate::arguments::c_string(&string.as_bytes())))
}
