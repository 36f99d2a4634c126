//! Scripts: FreeSWITCH's `mod_lua` on guests, and the contract (`wit/call.wit`) on the switch.
//!
//! Two types to read first: [`Scripts`], which registers the application `lua` and the API commands
//! `lua` and `luarun` on a [`Switch`](ringfence_switch::Switch) and starts a guest for each run; and
//! [`LuaConfiguration`], which is `lua.conf.xml`.
//!
//! # Layout
//!
//! * A run: `module` (what the operator types) → `command_line` (which script, which arguments) →
//!   `start` (its language, what it is granted: `configuration`, `version`) → `versions` (its file and
//!   modules, compiled) → `launch` (starts the guest) → `finish` (waits, logs, tells the call).
//! * What else starts runs: `handler` (XML lookups), `dialplan` (`LUA`), `hook` (events), `startup`; what they
//!   are given and answer is `entry`.
//! * Jobs: `script` (the command: list, show, kill …), `ended` (the last ones), `events`
//!   (`CUSTOM ringfence::script`). `gate` and `unload`: how `mod_lua` comes and goes.
//! * The contract, one file an interface: `session`, `calls`, `consumer` (events), `speech`, `ivr`, `api`,
//!   `variables`, `log`, `job`, `entry`, `database`, `http`, `shell`, `mail`, `modules`. They are
//!   implemented on the store's data, `State<Host>`, with what `bindings` has of `wit/`; `host` holds what
//!   one run keeps, `failure` has the switch's errors in the contract's words, `output` what is printed.
//! * `profile`: what a run is granted, from `sandbox.conf.xml`; `permission`: what it is refused.
//! * `guests`: the interpreters that the server carries, compiled when they are first needed;
//!   `components`: scripts that are components themselves.
//! * `check`: compiling without running. `trace`: watching a run.

mod api;
mod bindings;
mod calls;
mod check;
mod command_line;
mod components;
mod configuration;
mod consumer;
mod database;
mod dialplan;
mod ended;
mod entry;
mod events;
mod failure;
mod finish;
mod gate;
mod guests;
mod handler;
mod hook;
mod host;
mod http;
mod ivr;
mod job;
mod joined;
mod launch;
mod log;
mod mail;
mod module;
mod modules;
mod output;
mod permission;
mod profile;
mod script;
mod scripts;
mod session;
mod shell;
mod speech;
mod start;
mod startup;
mod trace;
mod unload;
mod variables;
mod version;
mod versions;

pub use check::{Checker, ScriptFault};
pub use components::MAX_COMPONENT;
pub use configuration::LuaConfiguration;
pub use events::SUBCLASS;
pub use finish::Ending;
pub use launch::MAX_OUTPUT;
pub use profile::ScriptProfile;
pub use scripts::Scripts;
pub use trace::Trace;
pub use version::{LUA_VERSIONS, LuaVersion, UnknownVersion};
pub use versions::{MAX_SOURCE, Reloaded, VersionInfo, Versions};
