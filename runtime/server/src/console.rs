//! `ringfence console` and `ringfence top`: what is on the command line, and where the server is.

use std::path::{Path, PathBuf};

use ringfence_console::{Console, Target, Top};
use ringfence_switch::config::{Configuration, EventSocketSettings};

use crate::arguments;
use crate::exit::Exit;
use crate::{place, print};

/// Where event sockets are, and what they take, unless told otherwise.
const HOST: &str = "127.0.0.1";
const PORT: u16 = 8021;
const PASSWORD: &str = "ClueCon";

pub(crate) fn run(arguments: arguments::Console) -> Exit {
    let target = match target(arguments.socket) {
        Ok(target) => target,
        Err(error) => return failed(error),
    };
    let console = Console {
        target,
        log: Some(arguments.loglevel).filter(|level| level != "off"),
        retry: arguments.retry,
        interrupt: arguments.interrupt,
        quiet: arguments.quiet,
        history: history(),
    };
    let result = match &arguments.execute {
        Some(command) => ringfence_console::execute(&console, command),
        None => ringfence_console::console(&console).map(|()| true),
    };
    match result {
        Ok(true) => Exit::Ok,
        Ok(false) => Exit::Failed,
        Err(error) => failed(error),
    }
}

fn failed(error: impl std::fmt::Display) -> Exit {
    print::error(error);
    Exit::Failed
}

pub(crate) fn top(arguments: arguments::Top) -> Exit {
    let target = match target(arguments.socket) {
        Ok(target) => target,
        Err(error) => return failed(error),
    };
    let top = Top { target, interval: arguments.interval, once: arguments.once };
    match ringfence_console::top(&top) {
        Ok(()) => Exit::Ok,
        Err(error) => failed(error),
    }
}

/// What the command line says; what it leaves open is as the configuration on this machine says, if
/// one can be read and no other host is meant. One that is named must be there.
fn target(socket: arguments::Socket) -> anyhow::Result<Target> {
    let local = match (&socket.host, &socket.conf.conf) {
        (Some(_), _) => None,
        (None, Some(named)) => settings(&place::configuration(Some(named))?),
        (None, None) => place::configuration(None).ok().and_then(|folder| settings(&folder)),
    };
    let host = socket.host.unwrap_or_else(|| match &local {
        Some(settings) if !settings.address.is_unspecified() => settings.address.to_string(),
        _ => HOST.to_owned(),
    });
    Ok(Target {
        host,
        port: socket.port.or(local.as_ref().map(|settings| settings.port)).unwrap_or(PORT),
        user: socket.user,
        password: socket
            .password
            .or(local.map(|settings| settings.password))
            .unwrap_or_else(|| PASSWORD.to_owned()),
        patience: socket.timeout,
    })
}

/// The event socket of a configuration on this machine. Its faults are no business of a client.
fn settings(folder: &Path) -> Option<EventSocketSettings> {
    let (configuration, _) = Configuration::load(folder).ok()?;
    configuration.event_socket
}

/// `$XDG_STATE_HOME/ringfence/history`, else below `~/.local/state`.
fn history() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
    Some(state?.join("ringfence/history"))
}
