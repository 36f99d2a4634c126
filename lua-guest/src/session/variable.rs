//! Channel variables.

use crate::{
    class::Bindings,
    level,
    native::{Answer, Reply},
    place,
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[("getVariable", get), ("setVariable", set)];

fn get(call: &Call<'_>) -> Reply {
    let Some(name) = call.arguments.filled(0) else {
        return Ok(Answer::Nil);
    };
    Ok(Answer::text_or_nil(call.handle()?.get_variable(name)))
}

/// Nil and the empty string remove the variable, as in FreeSWITCH.
fn set(call: &Call<'_>) -> Reply {
    let Some(name) = call.arguments.filled(0) else {
        return Ok(Answer::Nothing);
    };
    place::tell(call.lua);
    let value = call.arguments.filled(1);
    if let Err(failure) = call.handle()?.set_variable(name, value) {
        level::failed(call.lua, "setVariable", &failure)?;
    }
    Ok(Answer::Nothing)
}
