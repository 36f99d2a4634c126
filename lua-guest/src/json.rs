//! `freeswitch.JSON`; and JSON for whoever needs it.

mod number;
mod read;
mod value;
mod write;

use std::cell::Cell;

use mlua::{Lua, Table, Value};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::api,
    class::{self, Bindings, Method},
    level,
    native::{Answer, Natives, Refusal, Reply},
    place,
};

pub(crate) use number::text as real;
pub(crate) use read::read;
pub(crate) use value::{Json, MAX_DEPTH};
pub(crate) use write::quoted;

/// How an object reads and writes.
#[derive(Debug)]
struct Codec {
    empty_as_object: Cell<bool>,
}

/// Adds the class.
pub(crate) fn add_class(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add(natives, freeswitch, "JSON", Some(construct), &[METHODS], &[])
}

fn construct(lua: &Lua, _: &Arguments) -> Reply {
    let codec = Codec { empty_as_object: Cell::new(true) };
    Ok(Answer::Value(Value::UserData(lua.create_any_userdata(codec)?)))
}

const METHODS: Bindings<Method<Codec>> = &[
    ("decode", |lua, _, arguments| {
        let text = ringfence_text::encode(arguments.text_or_empty(0));
        match read(&text) {
            Ok(json) => Ok(Answer::Value(json.into_lua(lua)?)),
            Err(why) => {
                level::debug(lua, &format!("JSON:decode: {why}"));
                Ok(Answer::Nil)
            }
        }
    }),
    ("encode", |lua, codec, arguments| {
        let text = write::write(lua, arguments.value(0), codec.empty_as_object.get());
        Ok(Answer::Value(Value::String(lua.create_string(text.map_err(Refusal::located)?)?)))
    }),
    ("execute", |lua, codec, arguments| match execute(lua, codec, arguments)? {
        Some(answer) => Ok(Answer::Value(answer.into_lua(lua)?)),
        None => Ok(Answer::Nothing),
    }),
    ("execute2", |lua, codec, arguments| match execute(lua, codec, arguments)? {
        Some(answer) => {
            let table = answer.into_lua(lua)?;
            let text = write::write(lua, &table, true).map_err(Refusal::located)?;
            Ok(Answer::Value(Value::String(lua.create_string(text)?)))
        }
        None => Ok(Answer::Nil),
    }),
    ("encode_empty_table_as_object", |_, codec, arguments| {
        codec.empty_as_object.set(arguments.flag(0));
        Ok(Answer::Nothing)
    }),
    // What is written has no line breaks in any case, as in FreeSWITCH.
    ("return_unformatted_json", |_, _, _| Ok(Answer::Nothing)),
];

impl Json {
    fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().rev().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value)
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::String(bytes) => Some(ringfence_text::decode(bytes).into_owned()),
            _ => None,
        }
    }

    /// As Lua has it. Null is nil: a member that is null is not there, and an element is left out, as in
    /// FreeSWITCH.
    pub(crate) fn into_lua(self, lua: &Lua) -> mlua::Result<Value> {
        Ok(match self {
            Self::Null => Value::Nil,
            Self::Flag(flag) => Value::Boolean(flag),
            Self::Integer(number) => mlua::IntoLua::into_lua(number, lua)?,
            Self::Real(number) => Value::Number(number),
            Self::String(bytes) => Value::String(lua.create_string(bytes)?),
            Self::Array(elements) => {
                let table = lua.create_table_with_capacity(elements.len(), 0)?;
                for element in elements.into_iter().filter(|element| *element != Self::Null) {
                    table.raw_push(element.into_lua(lua)?)?;
                }
                Value::Table(table)
            }
            Self::Object(members) => {
                let table = lua.create_table_with_capacity(0, members.len())?;
                for (name, value) in members {
                    table.raw_set(lua.create_string(name)?, value.into_lua(lua)?)?;
                }
                Value::Table(table)
            }
        })
    }
}

/// Runs a command of the JSON API, and answers what it responds; none when it fails. `fsapi` is the API
/// command that it names, with that one's permission; the server's command `json` knows the others.
fn execute(lua: &Lua, codec: &Codec, arguments: &Arguments) -> Result<Option<Json>, Refusal> {
    let text = match arguments.value(0) {
        table @ Value::Table(_) => {
            write::write(lua, table, codec.empty_as_object.get()).map_err(Refusal::located)?
        }
        Value::Boolean(_) | Value::Function(_) | Value::Thread(_) | Value::UserData(_) => {
            return Err(arguments.refuse(0, "char const *"));
        }
        other => match lua.coerce_string(other.clone())? {
            Some(text) => text.as_bytes().to_vec(),
            None => Vec::new(),
        },
    };
    let request = match read(&text) {
        Ok(request) => request,
        Err(why) => {
            level::error(lua, &format!("JSON:execute: {why}"));
            return Ok(None);
        }
    };
    let command = request.member("command").and_then(Json::text).unwrap_or_default();
    place::tell(lua);
    if command != "fsapi" {
        return other(lua, &ringfence_text::decode(&text));
    }
    let data = |name| {
        let data = request.member("data").and_then(|data| data.member(name));
        data.and_then(Json::text).unwrap_or_default()
    };
    match api::execute(&data("cmd"), &data("arg"), false) {
        Ok(output) => {
            let output = ringfence_text::encode(&output).into_owned();
            Ok(Some(Json::Object(vec![(b"message".to_vec(), Json::String(output))])))
        }
        Err(failure) => {
            level::failed(lua, "JSON:execute", &failure)?;
            Ok(None)
        }
    }
}

fn other(lua: &Lua, request: &str) -> Result<Option<Json>, Refusal> {
    let output = match api::execute("json", request, false) {
        Ok(output) => output,
        Err(failure) => {
            level::failed(lua, "JSON:execute", &failure)?;
            return Ok(None);
        }
    };
    let Ok(answer) = read(&ringfence_text::encode(&output)) else {
        level::error(lua, &format!("JSON:execute: {output}"));
        return Ok(None);
    };
    if let Some(message) = answer.member("message").and_then(Json::text) {
        level::error(lua, &format!("JSON:execute: {message}"));
    }
    Ok(answer.member("response").filter(|response| **response != Json::Null).cloned())
}
