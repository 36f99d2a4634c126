//! Channel variables.

use crate::{
    level,
    native::{Answer, Reply},
    place,
    session::Call,
};

pub(super) fn get(call: &Call<'_>) -> Reply {
    let Some(name) = call.arguments.text(0).filter(|name| !name.is_empty()) else {
        return Ok(Answer::Nil);
    };
    Ok(Answer::text_or_nil(call.session.handle.get_variable(name)))
}

/// Nil and the empty string remove the variable, as in FreeSWITCH.
pub(super) fn set(call: &Call<'_>) -> Reply {
    let Some(name) = call.arguments.text(0).filter(|name| !name.is_empty()) else {
        return Ok(Answer::Nothing);
    };
    place::tell(call.lua);
    let value = call.arguments.text(1).filter(|value| !value.is_empty());
    if let Err(failure) = call.session.handle.set_variable(name, value) {
        level::failed(call.lua, "setVariable", &failure)?;
    }
    Ok(Answer::Nothing)
}
