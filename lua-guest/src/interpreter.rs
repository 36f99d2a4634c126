//! The Lua state and everything in it that no script changes: built once, kept in the snapshot.

use std::cell::OnceCell;

use mlua::{
    Function, Lua, LuaOptions, StdLib, Table,
    chunk::{Chunk, ChunkMode},
};

use crate::{
    api, consumer, dbh, dtmf, event, freeswitch, ivr_menu, json, library, native::Natives, place,
    session, stream, system,
};

/// What a run starts from.
pub(crate) struct Interpreter {
    pub(crate) lua: Lua,
    /// `begin(settings)`: what the profile grants, before the script.
    pub(crate) begin: Function,
    /// `protect(chunk)`: runs it; answers true, or false, message and traceback.
    pub(crate) protect: Function,
    /// `finish()`: closes what the script left open.
    pub(crate) finish: Function,
}

thread_local! {
    /// Never changed again: a run that only counted a borrow of it would get a copy of its page.
    static INTERPRETER: OnceCell<&'static Interpreter> = const { OnceCell::new() };
}

/// Builds the interpreter ahead of the snapshot.
///
/// # Panics
///
/// When that fails: there is nobody to tell, and the server reports the guest as unusable.
pub(crate) fn prepare() {
    #[expect(clippy::panic, reason = "the trap is how `prepare` fails; its type has no error")]
    let _ = ready().unwrap_or_else(|error| panic!("the interpreter: {error}"));
    fill_holes();
}

/// The interpreter, built now when there was no snapshot.
pub(crate) fn ready() -> mlua::Result<&'static Interpreter> {
    INTERPRETER.with(|kept| match kept.get() {
        Some(interpreter) => Ok(*interpreter),
        None => {
            let built = build()?;
            Ok(*kept.get_or_init(|| Box::leak(Box::new(built))))
        }
    })
}

/// A chunk of our own, under the name that tracebacks leave out.
pub(crate) fn chunk<'a>(lua: &Lua, source: &'a str) -> mlua::Result<Chunk<'a>> {
    Ok(lua.load(source).set_name(format!("={}", place::OWN)).set_mode(ChunkMode::Text))
}

fn build() -> mlua::Result<Interpreter> {
    let lua = open();
    let natives = Natives::new(&lua)?;
    let system = system::table(&lua)?;
    let globals = lua.globals();

    let table: Table = freeswitch::table(&natives)?;
    let classes = [
        api::add,
        consumer::add_class,
        dbh::add,
        dtmf::add,
        event::add_class,
        ivr_menu::add,
        json::add_class,
        session::add,
        stream::add,
    ];
    for add in classes {
        add(&natives, &table)?;
    }
    globals.set("freeswitch", table)?;

    chunk(&lua, include_str!("lua/print.lua"))?.exec()?;
    let blame: Function = chunk(&lua, include_str!("lua/blame.lua"))?.call(())?;
    chunk(&lua, include_str!("lua/time.lua"))?.call::<()>((&system, &blame))?;
    // Loading reads files as `files.lua` opens them, so that comes first.
    let (begin_files, resolve, finish, explain): (Function, Function, Function, Function) =
        chunk(&lua, include_str!("lua/files.lua"))?.call((&system, &blame))?;
    let (announce, instead): (Function, Function) =
        chunk(&lua, include_str!("lua/names.lua"))?.call(())?;
    let begin_load: Function = chunk(&lua, include_str!("lua/load.lua"))?
        .call((&system, resolve, explain, announce, instead))?;
    if !cfg!(feature = "lua51") {
        chunk(&lua, include_str!("lua/older.lua"))?.call::<()>(library::bits::bit32(&lua)?)?;
    }
    let shell = library::shell::table(&lua)?;
    chunk(&lua, include_str!("lua/shell.lua"))?.call::<()>((shell, &blame))?;
    let (begin, protect): (Function, Function) =
        chunk(&lua, include_str!("lua/run.lua"))?.call((begin_files, begin_load))?;

    // A clean heap makes a small snapshot and puts the first collection of a run far away.
    lua.gc_collect()?;
    lua.gc_collect()?;
    Ok(Interpreter { lua, begin, protect, finish })
}

/// What the server's system copies when an instance writes, in bytes.
const PAGE: usize = 4096;
/// How the allocator aligns blocks, in bytes; less than this much in front of each is its own.
const ALIGNMENT: usize = 16;

/// Takes what is free between the objects that stay, for good.
///
/// All instances share the pages of the snapshot until they write to them. A run that put its first
/// objects into the holes which building left would get a copy of each of these pages; so it finds
/// free memory only at the end, where its objects lie together, from the start of a page. Costs tens
/// of kilobytes, once.
fn fill_holes() {
    // The end of the heap is where a block is that fits nowhere else.
    let last = block(1 << 16);
    let end = last.as_ptr().addr();
    drop(last);
    for size in (3..=12).rev().map(|power| 1 << power) {
        loop {
            let block = block(size);
            if block.as_ptr().addr() >= end {
                break;
            }
            std::mem::forget(block);
        }
    }
    let first = block(1);
    let free = first.as_ptr().addr();
    drop(first);
    let rest = free.next_multiple_of(PAGE) - free;
    std::mem::forget(block(rest + ALIGNMENT / 2));
}

/// A block of memory that the optimizer takes for used.
fn block(size: usize) -> Vec<u8> {
    std::hint::black_box(Vec::with_capacity(size))
}

/// A Lua state with all standard libraries.
fn open() -> Lua {
    let options = LuaOptions::new().catch_rust_panics(true);
    #[expect(
        unsafe_code,
        reason = "the debug library can break the interpreter; all that a broken interpreter can \
                  reach is the memory of this one instance, which is what the sandbox is for"
    )]
    unsafe {
        Lua::unsafe_new_with(StdLib::ALL_SAFE | StdLib::DEBUG, options)
    }
}
