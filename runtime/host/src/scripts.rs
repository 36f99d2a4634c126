//! The root: scripts of one server.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use ringfence_sandbox::{LoadError, Sandbox};
use ringfence_switch::Switch;

use crate::{
    check::ScriptFault, components::Components, configuration::LuaConfiguration, ended::EndedJobs,
    events::Reporter, gate::Gate, guests::Guests, hook::Hooks, module, trace::Trace,
    version::LuaVersion, versions::Versions,
};

/// Runs scripts on a switch. Clones are the same.
#[derive(Clone)]
pub struct Scripts(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) switch: Switch,
    pub(crate) guests: Guests,
    pub(crate) components: Components,
    /// Of `mod_lua`.
    pub(crate) gate: Arc<Gate>,
    pub(crate) ended: EndedJobs,
    pub(crate) versions: Versions,
    pub(crate) hooks: Hooks,
    /// Folders are watched: also those that a later configuration names.
    pub(crate) watching: AtomicBool,
    configuration: ArcSwap<LuaConfiguration>,
    /// Behind another box because a trait object is two words.
    pub(crate) trace: ArcSwapOption<Arc<dyn Trace>>,
}

impl fmt::Debug for Scripts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Scripts").finish_non_exhaustive()
    }
}

impl Scripts {
    /// Registers two modules on the switch: `mod_lua` (the application `lua`, the API commands `lua` and
    /// `luarun`, the dialplan `LUA`, the XML handlers and hooks of lua.conf.xml) and `mod_sandbox` (the application and the command `script`).
    ///
    /// A guest is compiled when the first script needs it; [`prepare`](Self::prepare) does that before.
    #[must_use]
    pub fn new(switch: Switch, sandbox: Sandbox, configuration: LuaConfiguration) -> Self {
        sandbox.observe(Arc::new(Reporter(switch.events().clone())));
        let guests = Guests::new(sandbox.clone());
        let scripts = Self(Arc::new(Inner {
            switch: switch.clone(),
            components: Components::new(sandbox.clone()),
            gate: Gate::new(),
            ended: EndedJobs::of_sandbox(&sandbox),
            versions: Versions::new(guests.clone()),
            guests,
            hooks: Hooks::default(),
            watching: AtomicBool::new(false),
            configuration: ArcSwap::from_pointee(configuration),
            trace: ArcSwapOption::empty(),
        }));
        switch.register(module::lua(&scripts));
        switch.register(module::sandbox(&scripts));
        scripts.bind();
        scripts.hook();
        scripts
    }

    /// Compiles the guests that the configuration names, or loads them from the cache.
    ///
    /// # Errors
    ///
    /// A guest cannot be used; scripts of that version would not start.
    pub async fn prepare(&self) -> Result<(), LoadError> {
        for version in self.configuration().versions() {
            self.0.guests.interpreter(version).await?;
        }
        Ok(())
    }

    /// Watches the folders of scripts, so that one that was changed is compiled before it is run, unless
    /// the configuration says not to.
    pub fn watch(&self) {
        self.0.watching.store(true, Ordering::Relaxed);
        let folders = self.configuration().watched();
        if !folders.is_empty() {
            self.0.versions.watch(self.0.switch.runtime(), folders);
        }
    }

    /// Watches all runs from now on.
    pub fn trace(&self, trace: Arc<dyn Trace>) {
        self.0.trace.store(Some(Arc::new(trace)));
    }

    /// Takes another configuration for the runs that start from now on.
    pub fn configure(&self, configuration: LuaConfiguration) {
        self.0.configuration.store(Arc::new(configuration));
        self.bind();
        self.hook();
    }

    /// The configuration as it is now.
    #[must_use]
    pub fn configuration(&self) -> Arc<LuaConfiguration> {
        self.0.configuration.load_full()
    }

    /// The versions of scripts: what runs have, and what new ones get.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.0.versions
    }

    /// The sandbox that scripts run in.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        self.0.guests.sandbox()
    }

    /// Compiles a script without running it; answers the version of Lua that it would run with.
    ///
    /// # Errors
    ///
    /// It cannot be read, or it is not Lua.
    pub async fn check(&self, path: &Path) -> Result<LuaVersion, ScriptFault> {
        let configuration = self.configuration();
        let path = configuration.path_of(&path.to_string_lossy());
        let fault = |message: String| ScriptFault { message };
        let version = configuration.version_of(&path.to_string_lossy());
        let checked = self.0.versions.check(&path, version).await;
        checked.map_err(|error| fault(error.to_string()))?;
        Ok(version)
    }

    /// Tells the trace about a script that did not start.
    pub(crate) fn failed(&self, error: &str) {
        if let Some(trace) = self.0.trace.load().as_deref() {
            trace.failed(error);
        }
    }
}
