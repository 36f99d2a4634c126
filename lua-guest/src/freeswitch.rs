//! The table `freeswitch`: module functions, constants, and names that are not there yet.

use mlua::{Function, Lua, Table};

use crate::{
    arguments::{Arguments, Kind, Signature},
    bindings::ringfence::call::{api, log::Level, variables},
    level,
    native::{Answer, Natives, Refusal, Reply},
    place,
};

/// A function of the module.
struct Row {
    /// Its names in Lua; FreeSWITCH knows some under two.
    names: &'static [&'static str],
    /// Its name in messages.
    c_name: &'static str,
    parameters: &'static [Kind],
    run: fn(&Lua, &Arguments) -> Reply,
}

const FUNCTIONS: &[Row] = &[
    Row {
        names: &["consoleLog", "console_log"],
        c_name: "consoleLog",
        parameters: &[Kind::Text; 2],
        run: console_log,
    },
    Row {
        names: &["consoleLog2", "console_log2"],
        c_name: "consoleLog2",
        parameters: &CONSOLE_LOG_2,
        run: console_log_2,
    },
    Row {
        names: &["consoleCleanLog", "console_clean_log"],
        c_name: "consoleCleanLog",
        parameters: &[Kind::Text],
        run: |lua, arguments| level::write(lua, Level::Debug, arguments.text_or_empty(0)),
    },
    Row {
        names: &["getGlobalVariable"],
        c_name: "getGlobalVariable",
        parameters: &[Kind::Text],
        run: |_, arguments| {
            let name = arguments.text_or_empty(0);
            // FreeSWITCH cannot keep an empty value.
            Ok(Answer::text_or_nil(variables::get(name).filter(|value| !value.is_empty())))
        },
    },
    Row {
        names: &["setGlobalVariable"],
        c_name: "setGlobalVariable",
        parameters: &[Kind::Text; 2],
        run: set_global_variable,
    },
    Row {
        names: &["msleep"],
        c_name: "switch_msleep",
        parameters: &[Kind::Unsigned],
        run: |lua, arguments| {
            place::tell(lua);
            api::sleep(u64::from(arguments.unsigned(0)));
            Ok(Answer::Nothing)
        },
    },
    Row {
        names: &["running"],
        c_name: "running",
        parameters: &[],
        // A script that runs runs on a server that runs.
        run: |_, _| Ok(Answer::Flag(true)),
    },
];

/// Parameters of both `consoleLog2`: level, file, function, line, message.
pub(crate) const CONSOLE_LOG_2: [Kind; 5] =
    [Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Text];

/// Flags of a session in FreeSWITCH's C; scripts only compare them.
const CONSTANTS: &[(&str, i64)] = &[("S_HUP", 1), ("S_FREE", 2), ("S_RDLOCK", 4)];

/// FreeSWITCH's functions and classes that this version has not: using one is an error that says so.
const ABSENT_FUNCTIONS: &[&str] = &["bridge", "dtmf_callback", "email", "hanguphook"];
const ABSENT_CLASSES: &[&str] = &[
    "CoreSession",
    "DTMF",
    "Dbh",
    "Event",
    "EventConsumer",
    "IVRMenu",
    "JSON",
    "Session",
    "Stream",
    "input_callback_state_t",
    "string",
];

/// The table without the classes that other files add.
pub(crate) fn table(natives: &Natives<'_>) -> mlua::Result<Table> {
    let lua = natives.lua();
    let table = lua.create_table()?;
    for row in FUNCTIONS {
        let signature = Signature {
            name: row.c_name,
            receiver: None,
            parameters: row.parameters,
            required: row.parameters.len(),
            overloads: None,
        };
        let function = natives.function(signature, row.run)?;
        for name in row.names {
            table.raw_set(*name, &function)?;
        }
    }
    for (name, value) in CONSTANTS {
        table.raw_set(*name, *value)?;
    }
    for name in ABSENT_FUNCTIONS {
        table.raw_set(*name, absent(natives, format!("freeswitch.{name}"))?)?;
    }
    for name in ABSENT_CLASSES {
        let create = absent(natives, format!("freeswitch.{name}"))?;
        table.raw_set(*name, class(lua, create)?)?;
    }
    Ok(table)
}

/// A class as scripts see it: a table that can be called.
pub(crate) fn class(lua: &Lua, create: Function) -> mlua::Result<Table> {
    let meta = lua.create_table()?;
    meta.raw_set("__call", create)?;
    let class = lua.create_table()?;
    class.set_metatable(Some(meta))?;
    Ok(class)
}

/// A function that says it is not there.
pub(crate) fn absent(natives: &Natives<'_>, name: String) -> mlua::Result<Function> {
    natives.variadic(move |_| {
        Err(Refusal::located(format!(
            "{name} is not there yet in this version of Ringfence (see docs/lua.md)"
        )))
    })
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
    let Some(name) = arguments.text(0).filter(|name| !name.is_empty()) else {
        return Ok(Answer::Nothing);
    };
    place::tell(lua);
    let value = arguments.text(1).filter(|value| !value.is_empty());
    if let Err(failure) = variables::set(name, value) {
        level::failed(lua, "setGlobalVariable", &failure)?;
    }
    Ok(Answer::Nothing)
}
