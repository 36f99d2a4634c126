//! What a server can do, without one: for `ringfence help` and `ringfence check`.

use std::path::Path;
use std::sync::Arc;

use ringfence_host::{LuaConfiguration, Scripts};
use ringfence_media::Media;
use ringfence_rim::{Clock, Network};
use ringfence_sandbox::Sandbox;
use ringfence_switch::application::Application;
use ringfence_switch::command::Command;
use ringfence_switch::{Setup, Switch};
use tokio::runtime;

use super::{RunError, configuration, machine};

/// All table entries with the module that brings them, by name.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Dialplan applications.
    pub applications: Vec<(Arc<Application>, &'static str)>,
    /// API commands.
    pub commands: Vec<(Arc<Command>, &'static str)>,
}

/// The applications and commands of a server: they are registered on one that takes no calls.
///
/// # Errors
///
/// When the sandbox cannot be made, which `cache` is for.
pub fn tables(cache: &Path) -> Result<Tables, RunError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(machine)?;
    let _entered = runtime.enter();
    let sandbox =
        ringfence_sandbox::Config { instances: 1, ..ringfence_sandbox::Config::new(cache) };
    let sandbox = Sandbox::on(sandbox, runtime.handle().clone()).map_err(machine)?;
    let switch = Switch::new(Setup {
        configuration: configuration::read(None, Path::new("/"))?,
        directory: None,
        sip: None,
        media: Media::simulated(ringfence_media::Config::default(), Network::new())
            .map_err(machine)?,
        clock: Clock::System,
        hostname: "localhost".to_owned(),
    });
    let scripts = Scripts::new(switch.clone(), sandbox, LuaConfiguration::new("/"));
    switch.register(ringfence_control::without_socket());
    let tables = Tables { applications: switch.applications(), commands: switch.commands() };
    drop(scripts);
    Ok(tables)
}
