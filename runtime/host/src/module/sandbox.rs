//! `mod_sandbox`: scripts of all languages.

use ringfence_switch::Module;

use crate::{script, scripts::Scripts};

/// The module's table. It stays: it is what ends scripts.
pub(crate) fn module(scripts: &Scripts) -> Module {
    Module { name: "mod_sandbox", commands: vec![script::command(scripts)], ..Module::default() }
}
