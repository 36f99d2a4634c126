//! `freeswitch.API`: commands, as on the console.

use std::rc::Rc;

use mlua::{Lua, Table, Value};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{api as host, calls, session::Session},
    class::{self, Bindings, Method},
    level,
    native::{Answer, Natives, Reply},
    place,
};

/// What FreeSWITCH answers when no command is named.
const NO_COMMAND: &str = "-ERR No application specified";

/// `freeswitch.API()`; with a session, commands work for that call.
#[derive(Debug)]
struct Api {
    session: Option<Rc<Session>>,
}

/// Adds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add(natives, freeswitch, "API", Some(construct), &[METHODS], &[])
}

const METHODS: Bindings<Method<Api>> = &[
    ("execute", |lua, api, arguments| {
        execute(lua, api, arguments.text_or_empty(0), arguments.text_or_empty(1))
    }),
    ("executeString", |lua, api, arguments| {
        let line = arguments.text_or_empty(0);
        if line.is_empty() {
            return execute(lua, api, "", "");
        }
        // A blank in front makes an empty command name, which no command has.
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        run(lua, api, command, rest)
    }),
    ("getTime", |_, _, _| Ok(Answer::Text(host::time().to_string()))),
];

fn construct(lua: &Lua, arguments: &Arguments) -> Reply {
    let session = arguments.session(0)?;
    Ok(Answer::Value(Value::UserData(lua.create_any_userdata(Api { session })?)))
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
    let output = match &api.session {
        Some(session) => calls::execute(session, command, arguments.trim()),
        None => host::execute(command, arguments.trim(), false),
    };
    match output {
        Ok(output) => Ok(Answer::Text(output)),
        Err(failure) => {
            level::failed(lua, &format!("API command {command}"), &failure)?;
            Ok(Answer::Text(format!("-ERR {}\n", level::describe(&failure))))
        }
    }
}
