//! `freeswitch.bridge`.

use mlua::Lua;

use crate::{arguments::Arguments, class, native::Reply};

/// Connects two calls until one of them ends.
pub(crate) fn bridge(_: &Lua, arguments: &Arguments) -> Reply {
    Err(class::not_there(arguments.row))
}
