//! `freeswitch.API`: commands, as on the console.

use mlua::{AnyUserData, Lua, MultiValue, Table, UserDataFields, UserDataRegistry, Value};

use crate::{
    arguments::{Kind, Signature},
    bindings::ringfence::call::api as host,
    level,
    native::{Answer, Natives, Reply},
    place, session,
};

/// What FreeSWITCH answers when no command is named.
const NO_COMMAND: &str = "-ERR No application specified";

/// `freeswitch.API()`; with a session, commands work for that call.
#[derive(Debug)]
struct Api {
    with_session: bool,
}

/// Adds the class to the table `freeswitch`.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    let lua = natives.lua();
    let class = lua.create_table()?;
    let method =
        |name, parameters: &'static [Kind], required, run: fn(&Lua, &Api, &str, &str) -> Reply| {
            natives.method(
                Signature { name, receiver: Some("API *"), parameters, required, overloads: None },
                AnyUserData::is::<Api>,
                move |lua, arguments| match arguments.receiver() {
                    Some(object) => run(
                        lua,
                        &*object.borrow::<Api>()?,
                        arguments.text_or_empty(0),
                        arguments.text_or_empty(1),
                    ),
                    None => Ok(Answer::Nothing),
                },
            )
        };
    class.raw_set("execute", method("API::execute", &[Kind::ConstText; 2], 1, execute)?)?;
    class.raw_set(
        "executeString",
        method("API::executeString", &[Kind::ConstText], 1, |lua, api, line, _| {
            if line.is_empty() {
                return execute(lua, api, "", "");
            }
            // A blank in front makes an empty command name, which no command has.
            let (command, arguments) = line.split_once(' ').unwrap_or((line, ""));
            run(lua, api, command, arguments)
        })?,
    )?;
    class.raw_set(
        "getTime",
        method("API::getTime", &[], 0, |_, _, _, _| Ok(Answer::Text(host::time().to_string())))?,
    )?;
    lua.register_userdata_type::<Api>(|registry: &mut UserDataRegistry<Api>| {
        registry.add_meta_field("__name", "API *");
        registry.add_meta_field("__index", class);
    })?;

    let create = lua.create_function(|lua, passed: MultiValue| {
        // The first argument is the class itself.
        let with_session = passed.iter().skip(1).any(session::is_session);
        lua.create_any_userdata(Api { with_session }).map(Value::UserData)
    })?;
    freeswitch.raw_set("API", crate::freeswitch::class(lua, create)?)
}

fn execute(lua: &Lua, api: &Api, command: &str, arguments: &str) -> Reply {
    if command.is_empty() {
        level::error(lua, "No application specified");
        return Ok(Answer::Text(NO_COMMAND.to_owned()));
    }
    run(lua, api, command, arguments)
}

fn run(lua: &Lua, api: &Api, command: &str, arguments: &str) -> Reply {
    place::tell(lua);
    match host::execute(command, arguments.trim(), api.with_session) {
        Ok(output) => Ok(Answer::Text(output)),
        Err(failure) => {
            level::failed(lua, &format!("API command {command}"), &failure)?;
            Ok(Answer::Text(format!("-ERR {}\n", level::describe(&failure))))
        }
    }
}
