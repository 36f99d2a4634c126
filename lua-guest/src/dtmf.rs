//! `freeswitch.DTMF`, and two classes that FreeSWITCH's wrapper has by accident.

use mlua::{Lua, Table, Value};

use crate::{
    arguments::Arguments,
    class::{self, Bindings, Getter},
    native::{Answer, Natives, Reply},
};

/// How long a key is pressed unless told otherwise, in samples.
const DURATION: u32 = 2000;

/// A key.
#[derive(Debug)]
struct Dtmf {
    digit: String,
    duration: u32,
}

/// FreeSWITCH's state of a callback: nothing that scripts could use.
#[derive(Debug)]
struct CallbackState;

const FIELDS: Bindings<Getter<Dtmf>> = &[
    ("digit", |_, key| Ok(Answer::Text(key.digit.clone()))),
    ("duration", |_, key| Ok(Answer::Int(i64::from(key.duration)))),
];

/// Adds the classes.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add::<Dtmf>(natives, freeswitch, "DTMF", Some(construct), &[], &[FIELDS])?;
    class::add::<CallbackState>(
        natives,
        freeswitch,
        "input_callback_state_t",
        Some(|lua, _| Ok(Answer::Value(Value::UserData(lua.create_any_userdata(CallbackState)?)))),
        &[],
        &[],
    )?;
    for name in ["CoreSession", "string"] {
        class::constructor(natives, freeswitch, class::row(name)?, None)?;
    }
    Ok(())
}

fn construct(lua: &Lua, arguments: &Arguments) -> Reply {
    let duration = if arguments.given() > 1 { arguments.unsigned(1) } else { DURATION };
    let digit = arguments.text_or_empty(0).to_owned();
    Ok(Answer::Value(Value::UserData(lua.create_any_userdata(Dtmf { digit, duration })?)))
}
