//! The Lua interpreter as a guest of Ringfence.
//!
//! One source makes four components, Lua 5.1 to 5.4. Each runs one FreeSWITCH script and is thrown
//! away. Read [`interpreter`] first: it builds the Lua state and all its tables once, before the
//! snapshot is taken; then [`run`], which is what happens for each call.
//!
//! # Layout
//!
//! * `interpreter`: the Lua state, its libraries, the memory limit.
//! * `run`: one run of one script, from the invocation to the fault.
//! * `native`: how a Rust function becomes a Lua function that raises ordinary Lua errors.
//! * `arguments`: SWIG's rules for arguments, and its messages.
//! * `class`: classes, made from the rows of `lua-api` and the implementations bound to them.
//! * `session` and the files below it: the methods of `session`, by what they do.
//! * `callback`: the one loop behind playback, recording and sleep; input callbacks. `hook`: hangup
//!   hooks.
//! * One file a class: `api`, `event`, `consumer`, `dbh` (on `database`), `json`, `ivr_menu`, `stream`, `dtmf`.
//! * `freeswitch`: the module's functions; `bridge`, `email`, `level` (log lines) are theirs.
//! * `modules`: what `require` finds; `library`: what it finds besides, in place of native modules.
//! * `entry`: runs of XML handlers, dialplans, hooks.
//! * `place`: tells the server which line of the script is running.
//! * `lua/*.lua`: what is better said in Lua: files, loading, time, `print`; `system`: what that needs.

mod api;
mod arguments;
mod bindings;
mod bridge;
mod callback;
mod class;
mod consumer;
mod database;
mod dbh;
mod dtmf;
mod email;
mod entry;
mod event;
mod freeswitch;
mod hook;
mod interpreter;
mod ivr_menu;
mod json;
mod level;
mod library;
mod memory;
mod modules;
mod native;
mod place;
mod run;
mod session;
mod stream;
mod system;

use bindings::{Fault, Guest, Invocation};

/// The component.
struct Component;

impl Guest for Component {
    fn prepare() {
        interpreter::prepare();
    }

    fn run(invocation: Invocation) -> Result<(), Fault> {
        run::run(invocation)
    }

    fn compile(name: String, source: Vec<u8>) -> Result<Vec<u8>, Fault> {
        run::compile(&name, &source)
    }
}

#[expect(unsafe_code, unreachable_pub, reason = "generated: what the component model calls")]
mod exports {
    use super::Component;

    crate::bindings::export!(Component with_types_in crate::bindings);
}
