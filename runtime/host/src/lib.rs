//! Scripts: FreeSWITCH's `mod_lua` on guests, and the contract (`wit/call.wit`) on the switch.
//!
//! Two types to read first: [`Scripts`], which registers the application `lua` and the API commands
//! `lua` and `luarun` on a [`Switch`](ringfence_switch::Switch) and starts a guest for each run; and
//! [`LuaConfiguration`], which is `lua.conf.xml`.
//!
//! # Layout
//!
//! * A run: `module` (what the operator types) → `command_line` (which script, which arguments) →
//!   `source` (the file, cached) → `launch` (start the guest, wait, log, tell the call).
//! * The contract, one file an interface: `session`, `api`, `variables`, `log`, `job`. They are
//!   implemented on the store's data, `State<Host>`; `host` holds what one run keeps.
//! * `profile`: what a run is granted, from `sandbox.conf.xml`.
//! * `guests`: the components that the server carries, compiled when they are first needed.
//! * `check`: compiling without running. `trace`: watching a run.

mod api;
mod bindings;
mod check;
mod command_line;
mod configuration;
mod failure;
mod guests;
mod host;
mod job;
mod launch;
mod log;
mod module;
mod output;
mod profile;
mod script;
mod scripts;
mod session;
mod source;
mod trace;
mod variables;
mod version;

pub use check::{Checker, ScriptFault};
pub use configuration::LuaConfiguration;
pub use launch::{Ending, MAX_NESTED, MAX_OUTPUT};
pub use profile::ScriptProfile;
pub use scripts::Scripts;
pub use source::MAX_SOURCE;
pub use trace::Trace;
pub use version::{LUA_VERSIONS, LuaVersion, UnknownVersion};
