//! Which call an object has: making one, taking hold of one, letting go.

use std::rc::Rc;

use mlua::{Lua, Value};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{
        calls::{self, Unanswered},
        session::Session as Handle,
        types::Failure,
    },
    class::Bindings,
    hook, level,
    native::{Answer, Refusal, Reply},
    place,
    session::{Call, Getter, Method, Object, Session},
};

/// How long `freeswitch.Session(dial string)` rings, in seconds; FreeSWITCH's number.
const TIMEOUT: u32 = 60;

/// The cause of a call that is up.
const SUCCESS: &str = "SUCCESS";

pub(super) const METHODS: Bindings<Method> = &[
    ("destroy", destroy),
    ("get_uuid", |call| Ok(Answer::Text(call.handle()?.uuid()))),
    ("hangupCause", |call| Ok(Answer::Text(cause(&call.session)))),
    ("originate", originate),
    ("setAutoHangup", auto_hangup),
    ("waitForAnswer", wait_for_answer),
];

pub(super) const FIELDS: Bindings<Getter> = &[
    ("uuid", |session| Answer::text_or_nil(session.handle().map(|handle| handle.uuid()))),
    ("cause", |session| Answer::Text(cause(session))),
    ("allocated", |session| Answer::Int(i64::from(session.handle().is_some()))),
    ("flags", |session| Answer::Int(i64::from(session.hangs_up.get()))),
];

/// `freeswitch.Session([uuid or dial string [, a leg]])`.
pub(super) fn construct(lua: &Lua, arguments: &Arguments) -> Reply {
    let session = Session::new(None);
    if let Some(called) = arguments.text(0) {
        place::tell(lua);
        if !take_hold(lua, &session, called)? {
            let a_leg = arguments.session(1)?;
            if dial(lua, &session, a_leg.as_deref(), called, TIMEOUT)? {
                session.hangs_up.set(true);
                if let Some(handle) = session.handle() {
                    handle.set_auto_hangup(true);
                }
            }
        }
    }
    let uuid = session.handle().map(|handle| handle.uuid());
    let object = lua.create_any_userdata(Object(Rc::new(session)))?;
    if let Some(uuid) = uuid {
        lua.globals().raw_set(uuid, &object)?;
    }
    Ok(Answer::Value(Value::UserData(object)))
}

/// A uuid names a call that is there. Anything else is dialled, as FreeSWITCH does.
fn take_hold(lua: &Lua, session: &Session, uuid: &str) -> Result<bool, Refusal> {
    if uuid.is_empty() || uuid.contains('/') {
        return Ok(false);
    }
    match calls::find(uuid) {
        Ok(handle) => {
            session.take(handle);
            Ok(true)
        }
        Err(Failure::NotFound(_)) => Ok(false),
        Err(failure) => {
            level::failed(lua, "Session", &failure)?;
            Ok(true)
        }
    }
}

/// Makes a call for the object; its cause says how that went.
fn dial(
    lua: &Lua,
    session: &Session,
    a_leg: Option<&Handle>,
    destination: &str,
    seconds: u32,
) -> Result<bool, Refusal> {
    let (done, cause) = match calls::originate(destination, a_leg, seconds) {
        Ok(handle) => {
            session.take(handle);
            (true, SUCCESS.to_owned())
        }
        Err(Unanswered::Cause(cause)) => {
            level::notice(lua, &format!("no call to {destination}: {cause}"));
            (false, cause)
        }
        Err(Unanswered::Failure(failure)) => {
            level::failed(lua, "originate", &failure)?;
            (false, "OUTGOING_CALL_BARRED".to_owned())
        }
    };
    *session.cause.borrow_mut() = Some(cause);
    Ok(done)
}

/// 0 for success, as FreeSWITCH's status; 1 for everything else.
fn originate(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    let Some(destination) = arguments.filled(1) else {
        level::error(call.lua, "Session:originate: no destination");
        return Ok(Answer::Int(1));
    };
    place::tell(call.lua);
    let a_leg = arguments.session(0)?;
    let seconds = arguments.unsigned(2);
    let done = dial(call.lua, &call.session, a_leg.as_deref(), destination, seconds)?;
    if done && let Some(handle) = call.session.handle() {
        call.lua.globals().raw_set(handle.uuid(), &call.object)?;
    }
    Ok(Answer::Int(i64::from(!done)))
}

fn wait_for_answer(call: &Call<'_>) -> Reply {
    let other = call.arguments.session(0)?;
    place::tell(call.lua);
    hook::check(call)?;
    // A hangup ends it, which `ready` and the hook tell.
    match calls::wait_for_answer(call.handle()?, other.as_deref()) {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => level::failed(call.lua, "session:waitForAnswer", &failure)?,
    }
    hook::check(call)?;
    Ok(Answer::Nothing)
}

/// How the object's own call went, or the cause of the call that it was given.
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
    place::tell(call.lua);
    drop(call.session.handle.take());
    match call.arguments.text_or_empty(0) {
        "" => Ok(Answer::Nothing),
        text => Err(Refusal::bare(text.to_owned())),
    }
}
