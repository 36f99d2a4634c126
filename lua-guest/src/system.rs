//! What `lua/*.lua` needs from outside the interpreter.

use std::cell::{Cell, RefCell};

use mlua::{Lua, LuaString, Table};
use wasip2::clocks::monotonic_clock;

use crate::{
    bindings::ringfence::call::{api, job},
    entry, library, modules, place, run,
};

thread_local! {
    /// When this run began, for `os.clock`, in nanoseconds. (Zero before: what is not lies on a page
    /// that runs do not write to otherwise.)
    static BEGAN: Cell<u64> = const { Cell::new(0) };
    /// The state of a small generator for file names; seeded with the run's seed.
    static NAMES: Cell<u64> = const { Cell::new(0) };
    /// What relative file names are relative to.
    static FOLDER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Starts the clock of `os.clock`, seeds the names of temporary files, and says what relative ones are
/// relative to.
pub(crate) fn begin(seed: u64, folder: &str) {
    FOLDER.replace(folder.to_owned());
    BEGAN.set(monotonic_clock::now());
    NAMES.set(seed);
}

/// The full path of a file name.
pub(crate) fn path(name: &str) -> String {
    if name.starts_with('/') {
        return name.to_owned();
    }
    FOLDER.with_borrow(|folder| format!("{folder}/{name}"))
}

/// Why the profile keeps a file from the script; nil when it does not.
fn denied(lua: &Lua, (path, write): (LuaString, bool)) -> mlua::Result<Option<LuaString>> {
    place::tell(lua);
    let why = job::denied(&ringfence_text::decode(&path.as_bytes()), write);
    why.map(|why| lua.create_string(ringfence_text::encode(&why))).transpose()
}

/// The functions, by name.
pub(crate) fn table(lua: &Lua) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    // The guest has no CPU clock: time since the script began is the nearest thing.
    table.set(
        "clock",
        lua.create_function(|_, ()| {
            Ok(monotonic_clock::now().saturating_sub(BEGAN.get()) as f64 / 1e9)
        })?,
    )?;
    // libc reads the environment once, which was before the snapshot.
    table.set(
        "environment",
        lua.create_function(|lua, name: LuaString| {
            wasip2::cli::environment::get_environment()
                .into_iter()
                .find(|(known, _)| *known.as_bytes() == *name.as_bytes())
                .map(|(_, value)| lua.create_string(ringfence_text::encode(&value)))
                .transpose()
        })?,
    )?;
    // Ends the guest from inside (`wasi:cli/exit`), which no `pcall` stops; libc writes back what is
    // in its buffers first.
    table.set(
        "exit",
        lua.create_function(|lua, status: i32| -> mlua::Result<()> {
            job::exiting(status);
            entry::leave(lua);
            std::process::exit(status)
        })?,
    )?;
    table.set("denied", lua.create_function(denied)?)?;
    table.set("find", lua.create_function(modules::find)?)?;
    table.set("library", lua.create_function(library::find)?)?;
    table.set("load_text", lua.create_function(run::load_text)?)?;
    table.set(
        "local_offset",
        lua.create_function(|_, seconds: f64| Ok(api::local_offset(seconds as i64)))?,
    )?;
    // Six letters, as mkstemp; only has to differ from run to run.
    table.set(
        "unique",
        lua.create_function(|_, ()| {
            let next = NAMES.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            NAMES.set(next);
            let mut rest = next >> 16;
            let name = (0..6).map(|_| {
                let letter = b'a' + u8::try_from(rest % 26).unwrap_or_default();
                rest /= 26;
                char::from(letter)
            });
            Ok(name.collect::<String>())
        })?,
    )?;
    Ok(table)
}
