//! Modules: what brings applications and commands, and may be unloaded and loaded while calls go on.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::Switch;
use super::tables::Registered;
use crate::application::Application;
use crate::chat::ChatApplication;
use crate::command::Command;
use crate::config::Configuration;
use crate::dialplan::Hunter;
use crate::event::EventName;

/// What a module brings: `mod_dptools`, `mod_lua` …
#[derive(Default)]
pub struct Module {
    /// Its name in FreeSWITCH.
    pub name: &'static str,
    /// Its dialplan applications.
    pub applications: Vec<Application>,
    /// Its API commands.
    pub commands: Vec<Command>,
    /// Its chat applications.
    pub chat_applications: Vec<ChatApplication>,
    /// Its dialplans, by name.
    pub dialplans: Vec<(&'static str, Arc<dyn Hunter>)>,
    /// What else it brings, for lists: type (`codec`, `endpoint`, `dialplan`) and name.
    pub interfaces: Vec<(&'static str, &'static str)>,
    /// How it comes and goes; none is a part of the server that stays.
    pub lifecycle: Option<Arc<dyn Lifecycle>>,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How a module comes and goes while the server runs.
///
/// One change at a time is made to a module, on a task of its own: a script that unloads what it runs
/// in ends, the unloading does not. While a module is not loaded its applications and commands can
/// still be called: they say that it is not loaded.
pub trait Lifecycle: Send + Sync {
    /// Works again after [`unload`](Self::unload). The error is for the operator; the module stays
    /// unloaded.
    fn load(&self) -> BoxFuture<'_, Result<(), String>>;

    /// Takes no new work, lets what runs end (for as long as the module's settings say; not at all
    /// with `force`), ends the rest, and gives its memory back. After an error it works on.
    fn unload(&self, force: bool) -> BoxFuture<'_, Result<(), String>>;

    /// Takes what has changed without touching what runs; answers what there is to tell, a line each.
    fn reload(&self) -> BoxFuture<'_, Result<Vec<String>, String>>;

    /// Takes the configuration that was just read.
    fn configure(&self, configuration: &Configuration);
}

/// Why a module was not loaded or unloaded; the texts are FreeSWITCH's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// Nobody registered it, or it is not loaded.
    #[error("No such module!")]
    Unknown,
    /// It is a part of the server.
    #[error("Module is not unloadable")]
    Fixed,
    /// There is nothing to load.
    #[error("Module already loaded")]
    Loaded,
    /// What the module said.
    #[error("{0}")]
    Failed(String),
}

/// Parts of the server that are modules in FreeSWITCH, and bring neither application nor command.
pub(super) fn fixed() -> Vec<Module> {
    let module = |name, interfaces| Module { name, interfaces, ..Module::default() };
    vec![
        module("CORE_PCM_MODULE", vec![("codec", "G.711 alaw"), ("codec", "G.711 ulaw")]),
        module("mod_dialplan_xml", vec![("dialplan", "XML")]),
        module("mod_say_en", vec![("say", "en")]),
        module("mod_tts_commandline", vec![("speech", "tts_commandline")]),
        module("mod_pocketsphinx", vec![("asr", "pocketsphinx")]),
        module("mod_loopback", vec![("endpoint", "null")]),
        Module {
            name: "mod_sms",
            interfaces: vec![("chat", "GLOBAL")],
            chat_applications: crate::chat::applications(),
            ..Module::default()
        },
        module("mod_sofia", vec![("endpoint", "sofia")]),
    ]
}

impl Switch {
    /// Whether a module of that name is loaded.
    #[must_use]
    pub fn module_exists(&self, name: &str) -> bool {
        self.0.tables.read().module(name).is_some_and(|module| module.loaded)
    }

    /// Loads a module that was unloaded.
    ///
    /// # Errors
    ///
    /// There is none of that name, it is loaded, or it cannot work.
    pub async fn load_module(&self, name: &str) -> Result<(), ModuleError> {
        self.change(name, async |switch, name| {
            let module = switch.registered(&name)?;
            match module.lifecycle {
                Some(lifecycle) if !module.loaded => {
                    lifecycle.load().await.map_err(ModuleError::Failed)?;
                    switch.set_loaded(&name, true);
                    Ok(())
                }
                _ => Err(ModuleError::Loaded),
            }
        })
        .await
    }

    /// Unloads a module; `force` gives what runs no time to end.
    ///
    /// # Errors
    ///
    /// It is not loaded, it is a part of the server, or it cannot go.
    pub async fn unload_module(&self, name: &str, force: bool) -> Result<(), ModuleError> {
        self.change(name, async move |switch, name| {
            let lifecycle = switch.lifecycle(&name)?;
            lifecycle.unload(force).await.map_err(ModuleError::Failed)?;
            switch.set_loaded(&name, false);
            Ok(())
        })
        .await
    }

    /// Lets a module take what has changed; answers what it tells.
    ///
    /// # Errors
    ///
    /// It is not loaded, it is a part of the server, or what it said.
    pub async fn reload_module(&self, name: &str) -> Result<Vec<String>, ModuleError> {
        self.change(name, async |switch, name| {
            switch.lifecycle(&name)?.reload().await.map_err(ModuleError::Failed)
        })
        .await
    }

    /// Tells all modules that the configuration was read again.
    pub(super) fn configured(&self) {
        let configuration = self.configuration();
        let lifecycles = self.0.tables.read().lifecycles();
        for lifecycle in lifecycles {
            lifecycle.configure(&configuration);
        }
    }

    /// Makes one change at a time to a module, and to its end also when the caller is gone.
    async fn change<T: Send + 'static, F>(
        &self,
        name: &str,
        change: impl FnOnce(Self, String) -> F,
    ) -> Result<T, ModuleError>
    where
        F: Future<Output = Result<T, ModuleError>> + Send + 'static,
    {
        let changing = self.registered(name)?.changing;
        let change = change(self.clone(), name.to_owned());
        let changed = self.0.runtime.spawn(async move {
            let _one = changing.lock().await;
            change.await
        });
        // A panic in there is a bug, told like any other reason.
        changed.await.unwrap_or_else(|error| Err(ModuleError::Failed(error.to_string())))
    }

    fn registered(&self, name: &str) -> Result<Registered, ModuleError> {
        self.0.tables.read().module(name).cloned().ok_or(ModuleError::Unknown)
    }

    /// Of a module that is loaded and can go.
    fn lifecycle(&self, name: &str) -> Result<Arc<dyn Lifecycle>, ModuleError> {
        let module = self.registered(name)?;
        if !module.loaded {
            return Err(ModuleError::Unknown);
        }
        module.lifecycle.ok_or(ModuleError::Fixed)
    }

    /// Notes it and tells an event for each of its applications and commands.
    fn set_loaded(&self, name: &str, loaded: bool) {
        let (applications, commands) = {
            let mut tables = self.0.tables.write();
            tables.set_loaded(name, loaded);
            tables.of(name)
        };
        let event = if loaded { EventName::ModuleLoad } else { EventName::ModuleUnload };
        // All modules are in the one file that runs.
        let file = std::env::current_exe().unwrap_or_default().to_string_lossy().into_owned();
        let tell = |kind: &str, entry: &str, short: &str, syntax: &str| {
            self.0.events.fire(event, |event| {
                event.set("type", kind).set("name", entry).set("description", short);
                event.set("syntax", syntax).set("key", name).set("filename", file.as_str());
            });
        };
        for application in applications {
            tell("application", application.name, application.short, application.syntax);
        }
        for command in commands {
            tell("api", command.name, command.short, command.syntax);
        }
    }
}
