//! Memory that Lua's own account does not see.
//!
//! Large blocks are an error of the script when the instance has no room for them.
//!
//! mlua's allocator keeps to the limit that it was given, but aborts when the system refuses what the
//! limit allows. That happens with blocks that grow by moving (tables, long strings, stacks): for a
//! moment both are there, and what they leave behind is too small for the next. So before Lua gets a
//! large block it is tried whether there is room; if not, Lua hears of it, collects, tries again, and
//! raises "not enough memory".
//!
//! Events and their headers are no memory of Lua's. Its collector would let thousands of them lie about
//! for the small objects that hold them, so it is called when they have become many.

use std::{
    alloc::{Layout, alloc, dealloc},
    cell::Cell,
    ffi::c_void,
};

use mlua::{Lua, ffi};

/// From this size on a block is tried first. Smaller ones leave no gaps that matter.
const LARGE: usize = 16 << 10;

/// What large blocks leave to small ones: for the error itself, its traceback, and the server's lists.
const ROOM: usize = 512 << 10;

/// How much objects may hold before the first collection, in bytes: little beside any limit of memory,
/// and much beside the time of a collection.
const HELD: usize = 1 << 20;

thread_local! {
    /// mlua's own allocator.
    static INNER: Cell<Option<ffi::lua_Alloc>> = const { Cell::new(None) };
    /// What objects have come to hold since the last collection, in bytes.
    static HOLD: Cell<usize> = const { Cell::new(0) };
}

/// Tells that an object of Lua's holds so many bytes more. Collects what nobody needs any more when that
/// is as much as half of Lua's own memory, and at least [`HELD`]: as seldom as Lua's collector works.
pub(crate) fn hold(lua: &Lua, bytes: usize) -> mlua::Result<()> {
    let held = HOLD.get().saturating_add(bytes);
    if held < HELD.max(lua.used_memory() / 2) {
        HOLD.set(held);
        return Ok(());
    }
    HOLD.set(0);
    lua.gc_collect()
}

/// Puts the trial in front of the allocator. The limit must have been set: mlua does not find its
/// account afterwards.
pub(crate) fn guard(lua: &Lua) -> mlua::Result<()> {
    #[expect(
        unsafe_code,
        reason = "C's way to replace an allocator; the account that mlua gave to its own is passed on \
                  to it unchanged"
    )]
    unsafe {
        lua.exec_raw((), |state| {
            let mut account = std::ptr::null_mut();
            INNER.set(Some(ffi::lua_getallocf(state, &raw mut account)));
            ffi::lua_setallocf(state, allocate, account);
        })
    }
}

/// Lua's allocator: `new` is 0 to free; `old` is a size only when there is a block.
#[expect(unsafe_code, reason = "called by Lua as its manual says; passes on what it was given")]
unsafe extern "C" fn allocate(
    account: *mut c_void,
    block: *mut c_void,
    old: usize,
    new: usize,
) -> *mut c_void {
    let grows = block.is_null() || new > old;
    if new >= LARGE && grows && !fits(new) {
        return std::ptr::null_mut();
    }
    match INNER.get() {
        Some(inner) => unsafe { inner(account, block, old, new) },
        None => std::ptr::null_mut(),
    }
}

/// Whether there is a block of this size, and some room beside it.
fn fits(size: usize) -> bool {
    let Ok(layout) = Layout::from_size_align(size.saturating_add(ROOM), 16) else { return false };
    #[expect(unsafe_code, reason = "the block is given back at once; its size is not 0")]
    unsafe {
        let block = alloc(layout);
        if !block.is_null() {
            // The optimizer would leave both out.
            dealloc(std::hint::black_box(block), layout);
        }
        !block.is_null()
    }
}
