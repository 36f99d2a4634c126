//! What a script is granted, ready for runs.

use std::{path::PathBuf, sync::Arc, time::Duration};

use ringfence_sandbox::{Directory, Profile};
use ringfence_switch::config::{OnEnd, Permissions, ProfileSettings};

/// A profile of sandbox.conf.xml: what its scripts may do, how much of it, and what their calls get when
/// they are ended.
#[derive(Debug)]
pub struct ScriptProfile {
    /// The limits, folders and environment that the sandbox enforces; has the profile's name.
    pub sandbox: Arc<Profile>,
    /// What a call gets when its script was ended.
    pub on_end: OnEnd,
    /// What a script has after the hangup of its call; none is no limit.
    pub hangup_grace: Option<Duration>,
    /// What host calls check.
    pub permissions: Permissions,
    /// Time that a database may take for a statement; none is no limit.
    pub statement: Option<Duration>,
    /// Time of a command of the system; none is the server's own limit.
    pub command: Option<Duration>,
    /// How often a run may try what is not permitted; one more ends it as `refused-limit`.
    pub refusals: Option<u32>,
}

impl ScriptProfile {
    /// A profile as the operator wrote it.
    #[must_use]
    pub fn from_settings(settings: &ProfileSettings) -> Self {
        let limits = &settings.limits;
        let mut profile = Profile::new(settings.name.clone());
        profile.memory = limits.memory;
        profile.wall = limits.wall;
        profile.cpu = limits.cpu;
        profile.burst = limits.burst;
        profile.fuel = limits.fuel;
        profile.host_calls = limits.host_calls;
        profile.output = limits.output;
        profile.log = limits.log;
        profile.files = limits.files;
        profile.databases = limits.databases;
        profile.commands = limits.commands;
        profile.calls = limits.calls;
        profile.consumers = limits.consumers;
        profile.nested = limits.nested;
        profile.of_script = limits.of_script;
        profile.of_owner = limits.of_owner;
        profile.environment = settings.permissions.environment.clone();
        profile.directories = directories(&settings.permissions);
        Self {
            sandbox: Arc::new(profile),
            on_end: settings.on_end.clone(),
            hangup_grace: limits.hangup_grace,
            permissions: settings.permissions.clone(),
            statement: limits.statement,
            command: limits.command,
            refusals: limits.refusals,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.sandbox.name
    }
}

/// The folders that `io` sees, each once.
fn directories(permissions: &Permissions) -> Vec<Directory> {
    let mut directories: Vec<Directory> = Vec::new();
    let mut grant = |path: &PathBuf, write| match directories
        .iter_mut()
        .find(|directory| directory.path == *path)
    {
        Some(directory) => directory.write |= write,
        None => directories.push(Directory { path: path.clone(), write }),
    };
    permissions.read.iter().for_each(|path| grant(path, false));
    permissions.write.iter().for_each(|path| grant(path, true));
    directories
}
