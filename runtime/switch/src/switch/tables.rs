//! The tables of applications and commands, filled by modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Switch;
use crate::application::Application;
use crate::command::Command;

/// What a module brings: `mod_dptools`, `mod_lua` …
#[derive(Debug)]
pub struct Module {
    /// Its name in FreeSWITCH.
    pub name: &'static str,
    /// Its dialplan applications.
    pub applications: Vec<Application>,
    /// Its API commands.
    pub commands: Vec<Command>,
}

/// All of them by name, with their module.
#[derive(Default)]
pub(super) struct Tables {
    applications: BTreeMap<&'static str, (Arc<Application>, &'static str)>,
    commands: BTreeMap<&'static str, (Arc<Command>, &'static str)>,
}

impl Switch {
    /// Adds a module's applications and commands; one of the same name is replaced.
    pub fn register(&self, module: Module) {
        let mut tables = self.0.tables.write();
        for application in module.applications {
            tables.applications.insert(application.name, (Arc::new(application), module.name));
        }
        for command in module.commands {
            tables.commands.insert(command.name, (Arc::new(command), module.name));
        }
    }

    /// The application of that name, in any case.
    #[must_use]
    pub fn application(&self, name: &str) -> Option<Arc<Application>> {
        let tables = self.0.tables.read();
        if let Some((application, _)) = tables.applications.get(name) {
            return Some(Arc::clone(application));
        }
        let name = name.to_ascii_lowercase();
        tables.applications.get(name.as_str()).map(|(application, _)| Arc::clone(application))
    }

    /// The command of that name, in any case.
    #[must_use]
    pub fn find_command(&self, name: &str) -> Option<Arc<Command>> {
        let tables = self.0.tables.read();
        if let Some((command, _)) = tables.commands.get(name) {
            return Some(Arc::clone(command));
        }
        let name = name.to_ascii_lowercase();
        tables.commands.get(name.as_str()).map(|(command, _)| Arc::clone(command))
    }

    /// All applications with their modules, by name.
    #[must_use]
    pub fn applications(&self) -> Vec<(Arc<Application>, &'static str)> {
        self.0.tables.read().applications.values().cloned().collect()
    }

    /// All commands with their modules, by name.
    #[must_use]
    pub fn commands(&self) -> Vec<(Arc<Command>, &'static str)> {
        self.0.tables.read().commands.values().cloned().collect()
    }
}
