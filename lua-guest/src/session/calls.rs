//! Which call an object has: making one, taking hold of one, letting go.

use mlua::Lua;

use crate::{
    arguments::Arguments,
    class::{self, Bindings},
    native::{Answer, Refusal, Reply},
    place,
    session::{Call, Getter, Method, Session},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("destroy", destroy),
    ("get_uuid", |call| Ok(Answer::Text(call.handle()?.uuid()))),
    ("hangupCause", |call| Ok(Answer::Text(cause(&call.session)))),
    ("originate", absent),
    ("setAutoHangup", auto_hangup),
    ("waitForAnswer", absent),
];

pub(super) const FIELDS: Bindings<Getter> = &[
    ("uuid", |session| Answer::text_or_nil(session.handle().map(|handle| handle.uuid()))),
    ("cause", |session| Answer::Text(cause(session))),
    ("allocated", |session| Answer::Int(i64::from(session.handle().is_some()))),
    ("flags", |session| Answer::Int(i64::from(session.hangs_up.get()))),
];

fn absent(call: &Call<'_>) -> Reply {
    Err(class::not_there(call.arguments.row))
}

/// `freeswitch.Session(...)`.
pub(super) fn construct(_: &Lua, arguments: &Arguments) -> Reply {
    Err(class::not_there(arguments.row))
}

/// How the object's own call went, or the call that it was given.
fn cause(session: &Session) -> String {
    if let Some(cause) = &*session.cause.borrow() {
        return cause.clone();
    }
    session.handle().map_or_else(|| "NONE".to_owned(), |handle| handle.hangup_cause())
}

fn auto_hangup(call: &Call<'_>) -> Reply {
    place::tell(call.lua);
    let hangs_up = call.arguments.flag(0);
    call.session.hangs_up.set(hangs_up);
    call.handle()?.set_auto_hangup(hangs_up);
    Ok(Answer::Int(0))
}

/// With a text: raises it, which scripts use to leave.
fn destroy(call: &Call<'_>) -> Reply {
    drop(call.session.handle.take());
    match call.arguments.text_or_empty(0) {
        "" => Ok(Answer::Nothing),
        text => Err(Refusal::bare(text.to_owned())),
    }
}
