//! Log lines and their levels.

use mlua::Lua;

use crate::{
    bindings::ringfence::call::{
        log::{self, Level},
        types::Failure,
    },
    native::{Answer, Refusal, Reply},
    place,
};

/// The level of that name or number; FreeSWITCH takes what it does not know for `debug`.
pub(crate) fn parse(name: &str) -> Level {
    match name.to_ascii_lowercase().as_str() {
        "console" | "0" => Level::Console,
        "alert" | "1" => Level::Alert,
        "crit" | "critical" | "2" => Level::Critical,
        "err" | "error" | "3" => Level::Error,
        "warning" | "warn" | "4" => Level::Warning,
        "notice" | "5" => Level::Notice,
        "info" | "6" => Level::Info,
        _ => Level::Debug,
    }
}

/// Writes what the script says. A script that says too much is told so.
pub(crate) fn write(lua: &Lua, level: Level, message: &str) -> Reply {
    place::tell(lua);
    match log::write(level, message) {
        Ok(()) => Ok(Answer::Nothing),
        Err(failure) => Err(Refusal::located(describe(&failure))),
    }
}

/// Writes what went wrong and what the script is not told, unless it has said too much already.
pub(crate) fn error(lua: &Lua, message: &str) {
    let _ = write(lua, Level::Error, message);
}

/// The same of what may be a fault.
pub(crate) fn warning(lua: &Lua, message: &str) {
    let _ = write(lua, Level::Warning, message);
}

/// The same of what the operator may want to know.
pub(crate) fn notice(lua: &Lua, message: &str) {
    let _ = write(lua, Level::Notice, message);
}

/// The same of what is no fault.
pub(crate) fn debug(lua: &Lua, message: &str) {
    let _ = write(lua, Level::Debug, message);
}

/// Why something was not done: an error of the script when its profile does not allow it, else a line in
/// the log.
pub(crate) fn failed(lua: &Lua, what: &str, failure: &Failure) -> Result<(), Refusal> {
    if let Failure::Refused(text) = failure {
        return Err(Refusal::located(text.clone()));
    }
    error(lua, &format!("{what}: {}", describe(failure)));
    Ok(())
}

/// Why something was not done.
pub(crate) fn describe(failure: &Failure) -> String {
    match failure {
        Failure::Hangup(cause) => format!("the call is over ({cause})"),
        Failure::Invalid(text)
        | Failure::NotFound(text)
        | Failure::Refused(text)
        | Failure::Failed(text) => text.clone(),
    }
}
