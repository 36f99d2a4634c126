//! Commands of the system, for `lua/shell.lua`.

use std::cell::RefCell;

use mlua::{
    AnyUserData, Lua, LuaString, MultiValue, Table, UserDataFields, UserDataRegistry, Value,
};

use super::answer;
use crate::{
    bindings::ringfence::call::shell::{self, Ended, Process},
    level, place,
};

/// A file of `io.popen`; the command is killed when it is collected unclosed.
struct Pipe(RefCell<Option<Process>>);

/// `run(command)`, `start(command, write)`, `read(pipe, most)`, `write(pipe, data)`, `close(pipe)`: each
/// answers nil and why when it does not succeed. `methods(index)` gives pipes their methods.
pub(crate) fn table(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("run", lua.create_function(run)?)?;
    table.raw_set("start", lua.create_function(start)?)?;
    table.raw_set("read", lua.create_function(read)?)?;
    table.raw_set("write", lua.create_function(write)?)?;
    table.raw_set("close", lua.create_function(close)?)?;
    table.raw_set("methods", lua.create_function(methods)?)?;
    Ok(table)
}

/// What pipes have, and what they are written as.
fn methods(lua: &Lua, (index, shown): (Table, mlua::Function)) -> mlua::Result<()> {
    lua.register_userdata_type::<Pipe>(|registry: &mut UserDataRegistry<Pipe>| {
        registry.add_meta_field("__name", "FILE*");
        registry.add_meta_field("__index", index);
        registry.add_meta_field("__tostring", shown);
    })
}

fn decoded(text: &LuaString) -> String {
    ringfence_text::decode(&text.as_bytes()).into_owned()
}

fn run(lua: &Lua, command: LuaString) -> mlua::Result<MultiValue> {
    place::tell(lua);
    let done = shell::run(&decoded(&command)).map(how);
    answer(lua, done.map_err(|failure| level::describe(&failure)))
}

fn start(lua: &Lua, (command, write): (LuaString, bool)) -> mlua::Result<MultiValue> {
    place::tell(lua);
    match Process::start(&decoded(&command), write) {
        Ok(process) => {
            let pipe = lua.create_any_userdata(Pipe(RefCell::new(Some(process))))?;
            answer(lua, Ok(pipe))
        }
        Err(failure) => answer(lua, Err::<Value, _>(level::describe(&failure))),
    }
}

fn read(lua: &Lua, (pipe, most): (AnyUserData, u32)) -> mlua::Result<MultiValue> {
    let pipe = pipe.borrow::<Pipe>()?;
    let process = pipe.0.borrow();
    let Some(process) = &*process else { return answer(lua, Err::<Value, _>(CLOSED.to_owned())) };
    place::tell(lua);
    let data = process.read(most).map_err(|failure| level::describe(&failure));
    match data {
        Ok(data) => answer(lua, Ok(lua.create_string(data)?)),
        Err(why) => answer(lua, Err::<Value, _>(why)),
    }
}

fn write(lua: &Lua, (pipe, data): (AnyUserData, LuaString)) -> mlua::Result<MultiValue> {
    let pipe = pipe.borrow::<Pipe>()?;
    let process = pipe.0.borrow();
    let Some(process) = &*process else { return answer(lua, Err::<Value, _>(CLOSED.to_owned())) };
    place::tell(lua);
    let done = process.write(&data.as_bytes()).map_err(|failure| level::describe(&failure));
    answer(lua, done.map(|()| true))
}

fn close(lua: &Lua, pipe: AnyUserData) -> mlua::Result<MultiValue> {
    let pipe = pipe.borrow::<Pipe>()?;
    let Some(process) = pipe.0.borrow_mut().take() else {
        return answer(lua, Err::<Value, _>(CLOSED.to_owned()));
    };
    place::tell(lua);
    let done = process.close().map(how);
    answer(lua, done.map_err(|failure| level::describe(&failure)))
}

/// What a closed pipe answers.
const CLOSED: &str = "attempt to use a closed file";

/// How Lua says how a command ended.
fn how(ended: Ended) -> (&'static str, i32) {
    match ended {
        Ended::Code(code) => ("exit", code),
        Ended::Signal(signal) => ("signal", signal),
    }
}
