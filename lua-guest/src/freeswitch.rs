//! The table `freeswitch`: its functions and constants.

use mlua::{Lua, Table};
use ringfence_lua_api::{CONSTANTS, FUNCTIONS, Function};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{api, log::Level, variables},
    bridge,
    class::{self, Bindings, Run},
    email, level,
    native::{Answer, Natives, Reply},
    place,
};

const BINDINGS: &[Bindings<Run>] = &[&[
    ("consoleLog", console_log),
    ("consoleLog2", console_log_2),
    ("consoleCleanLog", |lua, arguments| {
        level::write(lua, Level::Debug, arguments.text_or_empty(0))
    }),
    ("getGlobalVariable", |_, arguments| {
        let name = arguments.text_or_empty(0);
        // FreeSWITCH cannot keep an empty value.
        Ok(Answer::text_or_nil(variables::get(name).filter(|value| !value.is_empty())))
    }),
    ("setGlobalVariable", set_global_variable),
    ("msleep", |lua, arguments| {
        place::tell(lua);
        api::sleep(u64::from(arguments.unsigned(0)));
        Ok(Answer::Nothing)
    }),
    // A script that runs runs on a server that runs.
    ("running", |_, _| Ok(Answer::Flag(true))),
    ("bridge", bridge::bridge),
    ("email", email::send),
    // Functions of FreeSWITCH's C that take pointers, which no script has.
    ("hanguphook", |_, _| Ok(Answer::Nil)),
    ("dtmf_callback", |_, _| Ok(Answer::Nil)),
]];

/// The table without the classes that other files add.
pub(crate) fn table(natives: &Natives<'_>) -> mlua::Result<Table> {
    let table = natives.lua().create_table()?;
    let runs = class::bound("freeswitch", FUNCTIONS.iter().map(Function::name), BINDINGS)?;
    for (row, run) in FUNCTIONS.iter().zip(runs) {
        let function = natives.function(row, run)?;
        for name in row.names {
            table.raw_set(*name, &function)?;
        }
    }
    for (name, value) in CONSTANTS {
        table.raw_set(*name, *value)?;
    }
    Ok(table)
}

pub(crate) fn console_log(lua: &Lua, arguments: &Arguments) -> Reply {
    let level = level::parse(arguments.text_or_empty(0));
    level::write(lua, level, arguments.text_or_empty(1))
}

/// The file and line that the script gives go in front: the log line's own place is the real one.
pub(crate) fn console_log_2(lua: &Lua, arguments: &Arguments) -> Reply {
    let level = level::parse(arguments.text_or_empty(0));
    let (file, function, line) =
        (arguments.text_or_empty(1), arguments.text_or_empty(2), arguments.int(3));
    let message = arguments.text_or_empty(4);
    level::write(lua, level, &format!("{file}:{line} {function}: {message}"))
}

fn set_global_variable(lua: &Lua, arguments: &Arguments) -> Reply {
    let Some(name) = arguments.filled(0) else { return Ok(Answer::Nothing) };
    place::tell(lua);
    let value = arguments.filled(1);
    if let Err(failure) = variables::set(name, value) {
        level::failed(lua, "setGlobalVariable", &failure)?;
    }
    Ok(Answer::Nothing)
}
