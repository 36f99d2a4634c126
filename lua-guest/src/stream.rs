//! The global `stream`: what the API command answers.

use std::{cell::RefCell, rc::Rc};

use mlua::{AnyUserData, Lua, UserDataFields, UserDataRegistry, Value};

use crate::{
    arguments::{Kind, Signature},
    bindings::ringfence::call::job,
    native::{Answer, Natives, Refusal, Reply},
    place,
};

/// `freeswitch.Stream`: keeps what was written for `get_data`, and hands it to the server.
#[derive(Debug, Default)]
struct Stream {
    written: Rc<RefCell<Vec<u8>>>,
}

/// The object of this run.
pub(crate) fn object(lua: &Lua) -> mlua::Result<AnyUserData> {
    lua.create_any_userdata(Stream::default())
}

/// Its methods.
pub(crate) fn register(natives: &Natives<'_>) -> mlua::Result<()> {
    let lua = natives.lua();
    let class = lua.create_table()?;
    let method = |name, parameters: &'static [Kind], run: fn(&Lua, &Stream, Value) -> Reply| {
        natives.method(
            Signature {
                name,
                receiver: Some("Stream *"),
                parameters,
                required: parameters.len(),
                overloads: None,
            },
            AnyUserData::is::<Stream>,
            move |lua, arguments| {
                let Some(object) = arguments.receiver() else { return Ok(Answer::Nothing) };
                let stream = object.borrow::<Stream>()?;
                let data = match arguments.text(0) {
                    Some(text) => Value::String(lua.create_string(ringfence_text::encode(text))?),
                    None => Value::Nil,
                };
                run(lua, &stream, data)
            },
        )
    };
    class.raw_set("write", method("Stream::write", &[Kind::ConstText], write)?)?;
    class
        .raw_set("raw_write", method("Stream::raw_write", &[Kind::ConstText, Kind::Int], write)?)?;
    class.raw_set("get_data", method("Stream::get_data", &[], data)?)?;
    lua.register_userdata_type::<Stream>(|registry: &mut UserDataRegistry<Stream>| {
        registry.add_meta_field("__name", "Stream *");
        registry.add_meta_field("__index", class);
    })
}

fn write(lua: &Lua, stream: &Stream, data: Value) -> Reply {
    let Value::String(data) = data else { return Ok(Answer::Nothing) };
    place::tell(lua);
    job::output(&data.as_bytes()).map_err(Refusal::located)?;
    stream.written.borrow_mut().extend_from_slice(&data.as_bytes());
    Ok(Answer::Nothing)
}

fn data(lua: &Lua, stream: &Stream, _: Value) -> Reply {
    Ok(Answer::Value(Value::String(lua.create_string(&*stream.written.borrow())?)))
}
