//! The object `session`: the call that the script serves.
//!
//! Its methods are rows of one table; the files below hold what they do.

mod control;
mod digits;
mod media;
mod variable;

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
};

use mlua::{AnyUserData, Lua, Table, UserDataFields, UserDataRegistry, Value};

use crate::{
    arguments::{Arguments, Kind, Signature},
    bindings::ringfence::call::session::Session as Handle,
    callback::Callback,
    freeswitch, hook,
    native::{Answer, Natives, Refusal, Reply},
    place,
};

/// A call as one object of the script holds it.
pub(crate) struct Session {
    pub(crate) handle: Handle,
    /// `setInputCallback`.
    pub(crate) input: RefCell<Option<Callback>>,
    /// `setHangupHook`.
    pub(crate) hook: RefCell<Option<Callback>>,
    /// Hooks run once.
    pub(crate) hook_ran: Cell<bool>,
    /// Operations started so far: a callback that starts one ends the one it was called from.
    pub(crate) operations: Cell<u64>,
    /// `destroy` was called: the object is there, the call is not reached through it any more.
    destroyed: Cell<bool>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("destroyed", &self.destroyed).finish_non_exhaustive()
    }
}

/// What Lua holds. Methods clone the reference: callbacks may come back to the same object.
#[derive(Debug)]
struct Object(Rc<Session>);

/// One call of a method.
pub(crate) struct Call<'a> {
    pub(crate) lua: &'a Lua,
    pub(crate) session: Rc<Session>,
    /// The object itself, which callbacks are given.
    pub(crate) object: AnyUserData,
    pub(crate) arguments: &'a Arguments,
}

impl Call<'_> {
    /// Does something to the call, with the hangup hook before and after, as FreeSWITCH does around
    /// what may block.
    pub(crate) fn act<T>(&self, act: impl FnOnce(&Handle) -> T) -> Result<T, Refusal> {
        place::tell(self.lua);
        hook::check(self)?;
        let result = act(&self.session.handle);
        hook::check(self)?;
        Ok(result)
    }
}

/// What a method answers once the object was destroyed.
#[derive(Clone, Copy)]
enum Gone {
    Nothing,
    Int(i64),
    False,
    Text(&'static str),
}

/// A method.
struct Row {
    name: &'static str,
    /// As FreeSWITCH's messages name it.
    c_name: &'static str,
    parameters: &'static [Kind],
    required: usize,
    overloads: Option<(&'static str, &'static [&'static str])>,
    gone: Gone,
    run: fn(&Call<'_>) -> Reply,
}

/// A row without overloads.
const fn row(
    name: &'static str,
    c_name: &'static str,
    parameters: &'static [Kind],
    required: usize,
    gone: Gone,
    run: fn(&Call<'_>) -> Reply,
) -> Row {
    Row { name, c_name, parameters, required, overloads: None, gone, run }
}

use Kind::{ConstText, Flag, Int, Text};

const METHODS: &[Row] = &[
    row("answer", "CoreSession::answer", &[], 0, Gone::Int(-1), control::answer),
    row("preAnswer", "CoreSession::preAnswer", &[], 0, Gone::Int(-1), control::pre_answer),
    row("hangup", "CoreSession::hangup", &[ConstText], 0, Gone::Nothing, control::hangup),
    row(
        "hangupCause",
        "CoreSession::hangupCause",
        &[],
        0,
        Gone::Text("NONE"),
        control::hangup_cause,
    ),
    row("getState", "CoreSession::getState", &[], 0, Gone::Text("ERROR"), control::state),
    row("ready", "LUA::Session::ready", &[], 0, Gone::False, control::ready),
    row("answered", "CoreSession::answered", &[], 0, Gone::False, control::answered),
    row("bridged", "CoreSession::bridged", &[], 0, Gone::False, control::bridged),
    row("mediaReady", "CoreSession::mediaReady", &[], 0, Gone::False, control::media_ready),
    row("get_uuid", "CoreSession::get_uuid", &[], 0, Gone::Text("uninitialized"), control::uuid),
    row("transfer", "CoreSession::transfer", &[Text; 3], 1, Gone::Int(0), control::transfer),
    row("execute", "CoreSession::execute", &[ConstText; 2], 1, Gone::Nothing, control::execute),
    row(
        "setAutoHangup",
        "CoreSession::setAutoHangup",
        &[Flag],
        1,
        Gone::Int(-1),
        control::auto_hangup,
    ),
    row("destroy", "LUA::Session::destroy", &[ConstText], 0, Gone::Nothing, control::destroy),
    row("setVariable", "CoreSession::setVariable", &[Text; 2], 2, Gone::Nothing, variable::set),
    row("getVariable", "CoreSession::getVariable", &[Text], 1, Gone::Text(""), variable::get),
    row("consoleLog", "CoreSession::consoleLog", &[Text; 2], 2, Gone::Nothing, |call| {
        freeswitch::console_log(call.lua, call.arguments)
    }),
    row(
        "consoleLog2",
        "CoreSession::consoleLog2",
        &freeswitch::CONSOLE_LOG_2,
        5,
        Gone::Nothing,
        |call| freeswitch::console_log_2(call.lua, call.arguments),
    ),
    row("sleep", "CoreSession::sleep", &[Int; 2], 1, Gone::Int(-1), media::sleep),
    row(
        "streamFile",
        "CoreSession::streamFile",
        &[Text, Int],
        1,
        Gone::Int(-1),
        media::stream_file,
    ),
    row(
        "recordFile",
        "CoreSession::recordFile",
        &[Text, Int, Int, Int],
        1,
        Gone::Int(-1),
        media::record_file,
    ),
    row("flushDigits", "CoreSession::flushDigits", &[], 0, Gone::Int(-1), digits::flush),
    Row {
        name: "getDigits",
        c_name: "CoreSession::getDigits",
        parameters: &[Int, Text, Int, Int, Int],
        required: 3,
        overloads: Some((
            "CoreSession_getDigits",
            &[
                "CoreSession::getDigits(int,char *,int)",
                "CoreSession::getDigits(int,char *,int,int)",
                "CoreSession::getDigits(int,char *,int,int,int)",
            ],
        )),
        gone: Gone::Text(""),
        run: digits::get,
    },
    row(
        "read",
        "CoreSession::read",
        &[Int, Int, ConstText, Int, ConstText, Int],
        5,
        Gone::Text(""),
        digits::read,
    ),
    row(
        "playAndGetDigits",
        "CoreSession::playAndGetDigits",
        &[Int, Int, Int, Int, Text, Text, Text, Text, ConstText, Int, ConstText],
        8,
        Gone::Text(""),
        digits::play_and_get,
    ),
    Row {
        name: "setInputCallback",
        c_name: "LUA::Session::setInputCallback",
        parameters: &[Text; 2],
        required: 1,
        overloads: Some((
            "Session_setInputCallback",
            &[
                "LUA::Session::setInputCallback(char *,char *)",
                "LUA::Session::setInputCallback(char *)",
            ],
        )),
        gone: Gone::Nothing,
        run: |call| {
            *call.session.input.borrow_mut() = Callback::named(call.arguments);
            Ok(Answer::Nothing)
        },
    },
    row("unsetInputCallback", "LUA::Session::unsetInputCallback", &[], 0, Gone::Nothing, |call| {
        *call.session.input.borrow_mut() = None;
        Ok(Answer::Nothing)
    }),
    Row {
        name: "setHangupHook",
        c_name: "LUA::Session::setHangupHook",
        parameters: &[Text; 2],
        required: 1,
        overloads: Some((
            "Session_setHangupHook",
            &["LUA::Session::setHangupHook(char *,char *)", "LUA::Session::setHangupHook(char *)"],
        )),
        gone: Gone::Nothing,
        run: |call| {
            *call.session.hook.borrow_mut() = Callback::named(call.arguments);
            Ok(Answer::Nothing)
        },
    },
];

/// FreeSWITCH's methods that this version has not: calling one is an error that says so.
const ABSENT: &[&str] = &[
    "collectDigits",
    "detectSpeech",
    "flushEvents",
    "getXMLCDR",
    "hangupState",
    "insertFile",
    "originate",
    "playAndDetectSpeech",
    "print",
    "say",
    "sayPhrase",
    "sendEvent",
    "setEventData",
    "set_tts_params",
    "set_tts_parms",
    "speak",
    "waitForAnswer",
];

/// Builds the class.
pub(crate) fn register(natives: &Natives<'_>) -> mlua::Result<()> {
    let lua = natives.lua();
    let class: Table = lua.create_table_with_capacity(0, METHODS.len() + ABSENT.len())?;
    for row in METHODS {
        let receiver =
            if row.c_name.starts_with("LUA::") { "LUA::Session *" } else { "CoreSession *" };
        let signature = Signature {
            name: row.c_name,
            receiver: Some(receiver),
            parameters: row.parameters,
            required: row.required,
            overloads: row.overloads,
        };
        let method = natives.method(signature, AnyUserData::is::<Object>, |lua, arguments| {
            let Some(object) = arguments.receiver() else { return Ok(Answer::Nothing) };
            let session = Rc::clone(&object.borrow::<Object>()?.0);
            if session.destroyed.get() {
                return Ok(match row.gone {
                    Gone::Nothing => Answer::Nothing,
                    Gone::Int(number) => Answer::Int(number),
                    Gone::False => Answer::Flag(false),
                    Gone::Text(text) => Answer::Text(text.to_owned()),
                });
            }
            (row.run)(&Call { lua, session, object: object.clone(), arguments })
        })?;
        class.raw_set(row.name, method)?;
    }
    for name in ABSENT {
        class.raw_set(*name, freeswitch::absent(natives, format!("session:{name}"))?)?;
    }
    lua.register_userdata_type::<Object>(|registry: &mut UserDataRegistry<Object>| {
        registry.add_meta_field("__name", "LUA::Session *");
        registry.add_meta_field("__index", class);
    })
}

/// The object for a call.
pub(crate) fn object(lua: &Lua, handle: Handle) -> mlua::Result<AnyUserData> {
    lua.create_any_userdata(Object(Rc::new(Session {
        handle,
        input: RefCell::default(),
        hook: RefCell::default(),
        hook_ran: Cell::new(false),
        operations: Cell::new(0),
        destroyed: Cell::new(false),
    })))
}

/// Whether a value is a session.
pub(crate) fn is_session(value: &Value) -> bool {
    value.as_userdata().is_some_and(AnyUserData::is::<Object>)
}
