//! Log lines and their levels.

use mlua::Lua;

use crate::{
    bindings::ringfence::call::log::{self, Level},
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

/// Writes what the script says.
pub(crate) fn write(lua: &Lua, level: Level, message: &str) {
    place::tell(lua);
    log::write(level, message);
}

/// Writes what went wrong and what the script is not told.
pub(crate) fn error(lua: &Lua, message: &str) {
    write(lua, Level::Error, message);
}
