//! `freeswitch.bridge`.

use mlua::Lua;

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{calls, types::Failure},
    level,
    native::{Answer, Reply},
    place,
};

/// Connects two calls until one of them ends. Without two calls it does nothing, as in FreeSWITCH.
pub(crate) fn bridge(lua: &Lua, arguments: &Arguments) -> Reply {
    let (Some(a), Some(b)) = (arguments.session(0)?, arguments.session(1)?) else {
        level::error(lua, "bridge: a session has no call");
        return Ok(Answer::Nothing);
    };
    place::tell(lua);
    match calls::bridge(&a, &b) {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => level::failed(lua, "bridge", &failure)?,
    }
    Ok(Answer::Nothing)
}
