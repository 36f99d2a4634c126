//! One run of one script.

use mlua::{Function, IntoLuaMulti, Lua, LuaString, MultiValue, Table, chunk::ChunkMode};

use crate::{
    bindings::{
        Fault, Invocation,
        ringfence::call::{job, script::Code, session as host},
    },
    entry,
    event::Event,
    interpreter::{self, Interpreter},
    memory, place, session, stream, system,
};

/// Of the instance's memory, the part that Lua may use: the rest is for the fragments between its
/// objects, the interpreter's own data and the lists of one host call. Blocks that do not fit into
/// what the fragments leave are refused before (`memory`).
const LUA_SHARE: (u64, u64) = (5, 8);

/// The chunk name of inline code, which makes messages read `[string "line"]:1:` as FreeSWITCH's.
const INLINE: &str = "line";

/// The first byte of bytecode; no text begins with it.
const BYTECODE: u8 = 0x1B;

/// Runs a script to its end.
pub(crate) fn run(invocation: Invocation) -> Result<(), Fault> {
    let interpreter = interpreter::ready().map_err(internal)?;
    system::begin(invocation.seed, &invocation.directory);
    let lua = &interpreter.lua;
    begin(interpreter, &invocation).map_err(internal)?;

    let name = match &invocation.path {
        Some(path) => format!("@{path}"),
        None => INLINE.to_owned(),
    };
    let chunk = match &invocation.code {
        Some(Code::Text(source)) => text(lua, name, source),
        Some(Code::Compiled(code)) => compiled(lua, name, code),
        None => return Err(nothing()),
    };
    let chunk = chunk.map_err(syntax)?;
    let (done, message, trace): (bool, Option<mlua::LuaString>, Option<mlua::LuaString>) =
        interpreter.protect.call(chunk).map_err(internal)?;
    interpreter.finish.call::<()>(()).map_err(internal)?;
    if done {
        return entry::finish(lua, invocation.origin);
    }
    let decoded = |string: Option<mlua::LuaString>| {
        string.map(|string| ringfence_text::decode(&string.as_bytes()).into_owned())
    };
    Err(Fault {
        message: decoded(message).unwrap_or_default(),
        traceback: without_own_frames(&decoded(trace).unwrap_or_default()),
    })
}

/// Compiles a script; what it answers has the names and lines of the source.
pub(crate) fn compile(name: &str, source: &[u8]) -> Result<Vec<u8>, Fault> {
    let lua = &interpreter::ready().map_err(internal)?.lua;
    let function = text(lua, format!("@{name}"), source).map_err(syntax)?;
    Ok(function.dump(false))
}

fn text(lua: &Lua, name: String, source: &[u8]) -> mlua::Result<Function> {
    lua.load(skip_first_line(source)).set_name(name).set_mode(ChunkMode::Text).into_function()
}

/// What the script-visible functions load: text. Answers the function; or nil and why there is none.
pub(crate) fn load_text(
    lua: &Lua,
    (source, name): (LuaString, LuaString),
) -> mlua::Result<MultiValue> {
    let source = source.as_bytes();
    let refused = |why: &str| (None::<Function>, lua.create_string(why)?).into_lua_multi(lua);
    if source.first() == Some(&BYTECODE) {
        return refused("attempt to load a binary chunk: only source text is loaded");
    }
    // A name is a C string.
    let name = name.to_string_lossy();
    let name = name.split('\0').next().unwrap_or_default();
    let loaded = lua.load(&*source).set_name(name).set_mode(ChunkMode::Text).into_function();
    match loaded {
        Ok(function) => function.into_lua_multi(lua),
        Err(error) => refused(&syntax(error).message),
    }
}

/// What [`compile`] made. Lua trusts bytecode, so this is for what the server hands over, never for
/// what a script has.
pub(crate) fn compiled(lua: &Lua, name: String, code: &[u8]) -> mlua::Result<Function> {
    lua.load(code).set_name(name).set_mode(ChunkMode::Binary).into_function()
}

/// Settings and globals.
fn begin(interpreter: &Interpreter, invocation: &Invocation) -> mlua::Result<()> {
    let lua = &interpreter.lua;
    interpreter.begin.call::<()>(settings(lua, invocation)?)?;

    let globals = lua.globals();
    if let Some(arguments) = &invocation.arguments {
        let argv = lua.create_table_with_capacity(arguments.len(), 1)?;
        argv.raw_set(0, lua.create_string(ringfence_text::encode(&invocation.script))?)?;
        for (index, argument) in arguments.iter().enumerate() {
            argv.raw_set(index + 1, lua.create_string(ringfence_text::encode(argument))?)?;
        }
        globals.raw_set("argv", argv)?;
    }
    if let Some(handle) = host::current() {
        globals.raw_set("session", session::object(lua, handle)?)?;
    }
    if let Some(headers) = &invocation.environment {
        globals
            .raw_set("env", lua.create_any_userdata(Event::new("API", headers.clone(), None))?)?;
    }
    entry::begin(lua, invocation.origin)?;
    if invocation.origin == job::Origin::Api {
        globals.raw_set("stream", stream::object(lua)?)?;
    }
    // Last: under a limit mlua guards every step of the above.
    let limit = invocation.memory / LUA_SHARE.1 * LUA_SHARE.0;
    lua.set_memory_limit(usize::try_from(limit).unwrap_or(usize::MAX))?;
    memory::guard(lua)
}

/// What `begin` of `lua/run.lua` takes.
fn settings(lua: &Lua, invocation: &Invocation) -> mlua::Result<Table> {
    let directories = lua.create_table_with_capacity(invocation.directories.len(), 0)?;
    for directory in &invocation.directories {
        let entry = lua.create_table_with_capacity(0, 2)?;
        entry.raw_set("path", lua.create_string(ringfence_text::encode(&directory.path))?)?;
        entry.raw_set("write", directory.write)?;
        directories.raw_push(entry)?;
    }
    let settings = lua.create_table_with_capacity(0, 5)?;
    // Lua 5.1 and 5.2 take a C int.
    settings.raw_set("seed", invocation.seed & 0x7FFF_FFFF)?;
    settings.raw_set("profile", invocation.profile.as_str())?;
    settings.raw_set(
        "package_path",
        lua.create_string(ringfence_text::encode(&invocation.package_path))?,
    )?;
    settings
        .raw_set("directory", lua.create_string(ringfence_text::encode(&invocation.directory))?)?;
    settings.raw_set("directories", directories)?;
    Ok(settings)
}

/// A byte order mark and a first line that starts with `#` are not Lua; line numbers stay.
fn skip_first_line(source: &[u8]) -> &[u8] {
    let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
    if source.first() != Some(&b'#') {
        return source;
    }
    let end = source.iter().position(|byte| *byte == b'\n').unwrap_or(source.len());
    &source[end..]
}

/// A traceback that shows the script and not how its natives are wrapped.
pub(crate) fn without_own_frames(trace: &str) -> String {
    let mut kept = String::with_capacity(trace.len());
    let mut own = false;
    for line in trace.lines() {
        let frame = line.trim_start();
        own = frame.starts_with(place::OWN)
            || (own && (frame.starts_with("(...tail call") || frame.starts_with("(tail call)")))
            || (frame.starts_with("[C]: in") && frame.ends_with("'native'"))
            || frame == "[C]: in function 'xpcall'";
        if own || line.is_empty() {
            continue;
        }
        if !kept.is_empty() {
            kept.push('\n');
        }
        kept.push_str(line);
    }
    kept
}

/// A script that does not compile.
fn syntax(error: mlua::Error) -> Fault {
    let message = match error {
        mlua::Error::SyntaxError { message, .. } => message,
        other => other.to_string(),
    };
    Fault { message, traceback: String::new() }
}

/// The server gave no code to an interpreter, which can run nothing else.
fn nothing() -> Fault {
    Fault { message: "no code was given".to_owned(), traceback: String::new() }
}

/// What went wrong outside of the script, as running out of memory before it started.
fn internal(error: mlua::Error) -> Fault {
    Fault { message: error.to_string(), traceback: String::new() }
}
