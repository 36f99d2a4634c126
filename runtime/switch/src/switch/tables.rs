//! The tables of modules, applications and commands.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Switch;
use super::modules::{Lifecycle, Module};
use crate::application::Application;
use crate::chat::ChatApplication;
use crate::command::Command;
use crate::dialplan::Hunter;

/// All of them by name, with their module.
#[derive(Default)]
pub(super) struct Tables {
    modules: BTreeMap<&'static str, Registered>,
    applications: BTreeMap<&'static str, (Arc<Application>, &'static str)>,
    commands: BTreeMap<&'static str, (Arc<Command>, &'static str)>,
    dialplans: BTreeMap<&'static str, Arc<dyn Hunter>>,
    chat: BTreeMap<&'static str, Arc<ChatApplication>>,
}

/// A module, but for its tables.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) lifecycle: Option<Arc<dyn Lifecycle>>,
    pub(super) loaded: bool,
    /// Held while it is loaded, unloaded, reloaded.
    pub(super) changing: Arc<tokio::sync::Mutex<()>>,
    interfaces: Vec<(&'static str, &'static str)>,
}

impl Tables {
    pub(super) fn module(&self, name: &str) -> Option<&Registered> {
        self.modules.get(name)
    }

    pub(super) fn set_loaded(&mut self, name: &str, loaded: bool) {
        if let Some(module) = self.modules.get_mut(name) {
            module.loaded = loaded;
        }
    }

    pub(super) fn lifecycles(&self) -> Vec<Arc<dyn Lifecycle>> {
        self.modules.values().filter_map(|module| module.lifecycle.clone()).collect()
    }

    /// What a module brought.
    pub(super) fn of(&self, module: &str) -> (Vec<Arc<Application>>, Vec<Arc<Command>>) {
        (brought(&self.applications, module), brought(&self.commands, module))
    }

    fn loaded(&self, module: &str) -> bool {
        self.modules.get(module).is_some_and(|module| module.loaded)
    }
}

fn brought<T>(table: &BTreeMap<&str, (Arc<T>, &str)>, module: &str) -> Vec<Arc<T>> {
    let of = table.values().filter(|(_, of)| *of == module);
    of.map(|(entry, _)| Arc::clone(entry)).collect()
}

/// The entry of that name, in any case.
fn find<T>(table: &BTreeMap<&str, (Arc<T>, &str)>, name: &str) -> Option<Arc<T>> {
    let found = table.get(name).or_else(|| table.get(name.to_ascii_lowercase().as_str()));
    found.map(|(entry, _)| Arc::clone(entry))
}

impl Switch {
    /// Adds a module, loaded. An application or command that there is already is replaced.
    pub fn register(&self, module: Module) {
        let mut tables = self.0.tables.write();
        for application in module.applications {
            tables.applications.insert(application.name, (Arc::new(application), module.name));
        }
        for command in module.commands {
            tables.commands.insert(command.name, (Arc::new(command), module.name));
        }
        for application in module.chat_applications {
            tables.chat.insert(application.name, Arc::new(application));
        }
        let mut interfaces = module.interfaces;
        for (name, hunter) in module.dialplans {
            tables.dialplans.insert(name, hunter);
            interfaces.push(("dialplan", name));
        }
        let registered = Registered {
            lifecycle: module.lifecycle,
            loaded: true,
            changing: Arc::default(),
            interfaces,
        };
        tables.modules.insert(module.name, registered);
    }

    /// The application of that name, in any case; also of a module that is not loaded.
    #[must_use]
    pub fn application(&self, name: &str) -> Option<Arc<Application>> {
        find(&self.0.tables.read().applications, name)
    }

    /// The command of that name, in any case; also of a module that is not loaded.
    #[must_use]
    pub fn find_command(&self, name: &str) -> Option<Arc<Command>> {
        find(&self.0.tables.read().commands, name)
    }

    /// The chat application of that name; also of a module that is not loaded.
    pub(crate) fn chat_application(&self, name: &str) -> Option<Arc<ChatApplication>> {
        let tables = self.0.tables.read();
        let found = tables.chat.get(name).or_else(|| tables.chat.get(&*name.to_ascii_lowercase()));
        found.map(Arc::clone)
    }

    /// The dialplan of that name, in any case, besides `XML` and `inline`; also of a module that is not
    /// loaded.
    pub(crate) fn dialplan(&self, name: &str) -> Option<Arc<dyn Hunter>> {
        let tables = self.0.tables.read();
        let mut all = tables.dialplans.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, hunter)| Arc::clone(hunter))
    }

    /// The names of these dialplans.
    pub(crate) fn dialplans(&self) -> Vec<&'static str> {
        self.0.tables.read().dialplans.keys().copied().collect()
    }

    /// All applications of loaded modules, with these, by name.
    #[must_use]
    pub fn applications(&self) -> Vec<(Arc<Application>, &'static str)> {
        let tables = self.0.tables.read();
        let all = tables.applications.values();
        all.filter(|(_, module)| tables.loaded(module)).cloned().collect()
    }

    /// All commands of loaded modules, with these, by name.
    #[must_use]
    pub fn commands(&self) -> Vec<(Arc<Command>, &'static str)> {
        let tables = self.0.tables.read();
        let all = tables.commands.values();
        all.filter(|(_, module)| tables.loaded(module)).cloned().collect()
    }

    /// What else loaded modules bring: type, name, module; by type and name.
    pub(crate) fn interfaces(&self) -> Vec<[&'static str; 3]> {
        let tables = self.0.tables.read();
        let loaded = tables.modules.iter().filter(|(_, module)| module.loaded);
        let mut interfaces: Vec<_> = loaded
            .flat_map(|(name, module)| {
                module.interfaces.iter().map(|(kind, of)| [*kind, *of, *name])
            })
            .collect();
        interfaces.sort_unstable();
        interfaces
    }
}
