//! The root: scripts of one server.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use ringfence_sandbox::{LoadError, Sandbox};
use ringfence_switch::{Session, Switch};
use uuid::Uuid;

use crate::{
    bindings::ringfence::call::job::Origin,
    check::ScriptFault,
    command_line::CommandLine,
    configuration::{LuaConfiguration, NoProfile},
    guests::Guests,
    launch::{self, Launch, Launched, NotStarted},
    module,
    source::{Sources, Unreadable},
    trace::Trace,
    version::LuaVersion,
};

/// The name of code from a command line, for lists and logs.
const INLINE: &str = "inline";

/// Runs scripts on a switch. Clones are the same.
#[derive(Clone)]
pub struct Scripts(Arc<Inner>);

struct Inner {
    switch: Switch,
    guests: Guests,
    sources: Sources,
    configuration: ArcSwap<LuaConfiguration>,
    /// Behind another box because a trait object is two words.
    trace: ArcSwapOption<Arc<dyn Trace>>,
}

impl fmt::Debug for Scripts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Scripts").finish_non_exhaustive()
    }
}

/// Why a command line did not become a running script.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("no script is named")]
    Nothing,
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    NoProfile(#[from] NoProfile),
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
}

impl Scripts {
    /// Registers the module `mod_lua` on the switch: the application `lua`, the API commands `lua` and
    /// `luarun`.
    ///
    /// A guest is compiled when the first script needs it; [`prepare`](Self::prepare) does that before.
    #[must_use]
    pub fn new(switch: Switch, sandbox: Sandbox, configuration: LuaConfiguration) -> Self {
        let scripts = Self(Arc::new(Inner {
            switch: switch.clone(),
            guests: Guests::new(sandbox),
            sources: Sources::default(),
            configuration: ArcSwap::from_pointee(configuration),
            trace: ArcSwapOption::empty(),
        }));
        switch.register(module::lua(&scripts));
        switch.register(module::sandbox(&scripts));
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

    /// Runs the startup scripts, each in the background. One that cannot start is logged.
    pub async fn startup(&self) {
        for line in self.configuration().startup() {
            match self.background(line).await {
                Ok(job) => tracing::info!(script = line, %job, "startup script runs"),
                Err(error) => tracing::error!(script = line, "startup script: {error}"),
            }
        }
    }

    /// Watches all runs from now on.
    pub fn trace(&self, trace: Arc<dyn Trace>) {
        self.0.trace.store(Some(Arc::new(trace)));
    }

    /// Takes another configuration for the runs that start from now on.
    pub fn configure(&self, configuration: LuaConfiguration) {
        self.0.configuration.store(Arc::new(configuration));
    }

    /// The configuration as it is now.
    #[must_use]
    pub fn configuration(&self) -> Arc<LuaConfiguration> {
        self.0.configuration.load_full()
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
        let source = self.0.sources.read(&path).await.map_err(|error| fault(error.to_string()))?;
        let name = path.to_string_lossy();
        let version = configuration.version_of(&name);
        let profile = configuration.profile_of(&name).map_err(|error| fault(error.to_string()))?;
        launch::check(&self.0.guests, version, &profile.sandbox, &path, source.to_vec())
            .await
            .map_err(fault)?;
        Ok(version)
    }

    /// Starts what a command line names.
    pub(crate) async fn start(
        &self,
        origin: Origin,
        line: &str,
        session: Option<Session>,
        environment: Option<Vec<(String, String)>>,
    ) -> Result<Launched, StartError> {
        let configuration = self.configuration();
        let script = match CommandLine::parse(line).ok_or(StartError::Nothing)? {
            CommandLine::Inline(code) => Script {
                name: INLINE.to_owned(),
                path: None,
                source: ringfence_text::encode(&code).into_owned(),
                arguments: None,
            },
            CommandLine::File { name, arguments } => {
                let path = configuration.path_of(&name);
                let source = self.0.sources.read(&path).await?.to_vec();
                Script { name, path: Some(path), source, arguments: Some(arguments) }
            }
        };
        let version = configuration.version_of(&script.name);
        let profile = Arc::clone(configuration.profile_of(&script.name)?);
        let trace = self.0.trace.load().as_deref().cloned();
        let launch = Launch {
            switch: self.0.switch.clone(),
            guests: self.0.guests.clone(),
            configuration,
            trace,
            origin,
            name: script.name,
            path: script.path,
            source: script.source,
            arguments: script.arguments,
            environment,
            session,
            version,
            profile,
        };
        Ok(launch.start().await?)
    }

    /// Starts a script that serves no call; answers the job's id.
    pub(crate) async fn background(&self, line: &str) -> Result<Uuid, StartError> {
        let launched = self.start(Origin::Background, line, None, None).await?;
        let id = launched.id();
        // Nobody waits for the end but the log.
        drop(self.0.switch.runtime().spawn(launched.finish()));
        Ok(id)
    }

    /// Tells the trace about a script that did not start.
    pub(crate) fn failed(&self, error: &str) {
        if let Some(trace) = self.0.trace.load().as_deref() {
            trace.failed(error);
        }
    }
}

/// What a command line named.
struct Script {
    name: String,
    path: Option<PathBuf>,
    source: Vec<u8>,
    arguments: Option<Vec<String>>,
}
