//! `freeswitch.bridge`.

use mlua::Lua;

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{
        calls::{self, Joined},
        types::Failure,
    },
    callback, level,
    native::{Answer, Reply},
    place, session,
};

/// Connects two calls until one of them ends, or an input callback of either breaks it off. Without two
/// calls it does nothing, as in FreeSWITCH.
pub(crate) fn bridge(lua: &Lua, arguments: &Arguments) -> Reply {
    let (Some(a), Some(b)) = (arguments.session(0)?, arguments.session(1)?) else {
        level::error(lua, "bridge: a session has no call");
        return Ok(Answer::Nothing);
    };
    place::tell(lua);
    let calls = [0, 1].map(|index| session::call_of(lua, arguments, index));
    let [Some(first), Some(second)] = calls else { return Ok(Answer::Nothing) };
    let hears = [&first, &second].iter().any(|call| call.session.input.borrow().is_some());
    let done = match hears {
        true => Joined::start(&a, &b).and_then(|joined| follow(&joined, &first, &second)),
        false => calls::bridge(&a, &b),
    };
    match done {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => level::failed(lua, "bridge", &failure)?,
    }
    Ok(Answer::Nothing)
}

/// Gives each key to the callback of the call that it was pressed on, until the end or a break.
fn follow(
    joined: &Joined,
    first: &session::Call<'_>,
    second: &session::Call<'_>,
) -> Result<(), Failure> {
    while let Some(pressed) = joined.next()? {
        let call = if pressed.second { second } else { first };
        if !callback::goes_on(call, &pressed.key) {
            break;
        }
    }
    Ok(())
}
