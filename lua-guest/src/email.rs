//! `freeswitch.email`.

use mlua::Lua;

use crate::{arguments::Arguments, class, native::Reply};

/// Sends a mail.
pub(crate) fn send(_: &Lua, arguments: &Arguments) -> Reply {
    Err(class::not_there(arguments.row))
}
