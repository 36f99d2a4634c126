//! `freeswitch.Stream`, and the global `stream`: what the API command answers.

use std::cell::RefCell;

use mlua::{AnyUserData, Lua, Table, Value};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::job,
    class::{self, Bindings, Method},
    native::{Answer, Natives, Refusal, Reply},
    place,
};

/// Keeps what was written, for `get_data`.
#[derive(Debug, Default)]
struct Stream {
    written: RefCell<Vec<u8>>,
    /// The server is told, too: it answers the command with it.
    answers: bool,
}

/// The object of this run.
pub(crate) fn object(lua: &Lua) -> mlua::Result<AnyUserData> {
    lua.create_any_userdata(Stream { answers: true, ..Stream::default() })
}

/// Adds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add(natives, freeswitch, "Stream", Some(construct), &[METHODS], &[])
}

fn construct(lua: &Lua, _: &Arguments) -> Reply {
    Ok(Answer::Value(Value::UserData(lua.create_any_userdata(Stream::default())?)))
}

const METHODS: Bindings<Method<Stream>> = &[
    ("write", |lua, stream, arguments| match arguments.text(0) {
        Some(text) => write(lua, stream, &ringfence_text::encode(text)),
        None => Ok(Answer::Nothing),
    }),
    ("raw_write", |lua, stream, arguments| match arguments.value(0) {
        Value::String(bytes) => {
            let bytes = bytes.as_bytes();
            let length = usize::try_from(arguments.int(1)).unwrap_or_default();
            write(lua, stream, bytes.get(..length).unwrap_or(&bytes))
        }
        _ => Ok(Answer::Nothing),
    }),
    ("get_data", |lua, stream, _| {
        let written = stream.written.borrow();
        Ok(Answer::Value(Value::String(lua.create_string(&*written)?)))
    }),
    // What a request over HTTP posted; there is none.
    ("read", |_, _, _| Ok(Answer::Values(vec![Value::Nil, Value::Integer(0)]))),
];

fn write(lua: &Lua, stream: &Stream, data: &[u8]) -> Reply {
    if stream.answers {
        place::tell(lua);
        job::output(data).map_err(Refusal::located)?;
    }
    stream.written.borrow_mut().extend_from_slice(data);
    Ok(Answer::Nothing)
}
