//! `ringfence console` and `ringfence top`: what is on the command line, and where the server is.

use std::path::PathBuf;

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
    let console = Console {
        target: target(arguments.socket),
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
        Err(error) => {
            print::error(error);
            Exit::Failed
        }
    }
}

pub(crate) fn top(arguments: arguments::Top) -> Exit {
    let target = target(arguments.socket);
    let top = Top { target, interval: arguments.interval, once: arguments.once };
    match ringfence_console::top(&top) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            print::error(error);
            Exit::Failed
        }
    }
}

/// What the command line says; what it leaves open is as the configuration on this machine says, if
/// one can be read and no other host is meant.
fn target(socket: arguments::Socket) -> Target {
    let local = match socket.host {
        Some(_) => None,
        None => settings(&socket.conf),
    };
    let host = socket.host.unwrap_or_else(|| match &local {
        Some(settings) if !settings.address.is_unspecified() => settings.address.to_string(),
        _ => HOST.to_owned(),
    });
    Target {
        host,
        port: socket.port.or(local.as_ref().map(|settings| settings.port)).unwrap_or(PORT),
        user: socket.user,
        password: socket
            .password
            .or(local.map(|settings| settings.password))
            .unwrap_or_else(|| PASSWORD.to_owned()),
        patience: socket.timeout,
    }
}

/// The event socket of the configuration on this machine. Its faults are no business of a client.
fn settings(conf: &arguments::Conf) -> Option<EventSocketSettings> {
    let folder = place::configuration(conf.conf.as_deref()).ok()?;
    let (configuration, _) = Configuration::load(&folder).ok()?;
    configuration.event_socket
}

/// `$XDG_STATE_HOME/ringfence/history`, else below `~/.local/state`.
fn history() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
    Some(state?.join("ringfence/history"))
}
