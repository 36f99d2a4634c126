//! `ringfence serve`: the server, from its first line to its last.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use ringfence_control::EventSocket;
use ringfence_host::{LuaConfiguration, Scripts};
use ringfence_sandbox::Sandbox;
use ringfence_switch::config::Configuration;
use ringfence_switch::event::EventName;
use ringfence_switch::switch::Shutdown;
use ringfence_switch::xml::Fault;
use ringfence_switch::{Setup, Switch};
use tokio::time::timeout;
use tracing::{info, warn};

use crate::arguments;
use crate::exit::Exit;
use crate::log::{self, Form};
use crate::parts;
use crate::signals::{Request, Signals};
use crate::{place, print, system};

/// The stack of a thread that serves calls, in bytes. Applications, extensions and phrases run up to 34 deep
/// inside of each other; memory is taken only as deep as they go.
const CALL_STACK: usize = 16 << 20;

/// How long ending at once may take: for the BYEs to be sent, not for their answers.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Why a configuration without a usable SIP profile is not served.
pub(crate) const NO_PROFILE: &str = "no SIP profile that could be listened on; nobody could call. \
                                     sofia.conf.xml names them, from sip_profiles/";
/// What killed scripts are told.
const ENDING: &str = "the server ends";

pub(crate) fn run(arguments: &arguments::Serve) -> Exit {
    match serve(arguments) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            print::error(format_args!("{error:#}"));
            Exit::Failed
        }
    }
}

/// Reads as what happens: configuration, log, machine, and then the parts from the bottom up.
fn serve(arguments: &arguments::Serve) -> anyhow::Result<()> {
    let folder = place::configuration(arguments.conf.conf.as_deref())?;
    let configuration = configuration(&folder)?;
    let settings = &configuration.switch;
    let grace = arguments.grace.unwrap_or(Duration::from_secs(settings.shutdown_wait));

    let form = if arguments.log_json { Form::Json } else { Form::Text };
    let filter = arguments.log.as_deref().unwrap_or(&settings.loglevel);
    let _writing = log::start(filter, form, &configuration.log_files.files)?;
    info!(version = env!("CARGO_PKG_VERSION"), conf = %folder.display(), "ringfence starts");
    system::check();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(parts::threads(settings.call_threads, 1))
        .thread_name("calls")
        .thread_stack_size(CALL_STACK)
        .enable_all()
        .build()
        .context("cannot start the threads for calls")?;
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let server = Server::start(configuration, &folder).await?;
        welcome(&server.switch);
        server.until_told(&mut signals, grace).await;
        anyhow::Ok(())
    })?;
    // Whatever a script or a file system still does, the process ends.
    runtime.shutdown_background();
    info!("ringfence has ended");
    Ok(())
}

/// The configuration. Its faults go to the operator's screen; they end the start only when nothing
/// could be served.
fn configuration(folder: &Path) -> anyhow::Result<Configuration> {
    let tell = |faults: &[Fault]| faults.iter().for_each(print::error);
    let configuration = match Configuration::load(folder) {
        Ok((configuration, faults)) => {
            tell(&faults);
            configuration
        }
        Err(faults) => {
            tell(&faults);
            bail!("the configuration in {} cannot be used", folder.display());
        }
    };
    if configuration.profiles.is_empty() {
        bail!("{}: {NO_PROFILE}", folder.display());
    }
    Ok(configuration)
}

/// A running server.
struct Server {
    switch: Switch,
    sandbox: Sandbox,
    event_socket: Option<EventSocket>,
}

impl Server {
    /// Starts the parts, from the bottom up. Calls that come before the last one, which may be while
    /// the guests are compiled for the first time on this machine, wait.
    async fn start(configuration: Configuration, folder: &Path) -> anyhow::Result<Self> {
        let lua = LuaConfiguration::from_settings(&configuration.lua, &configuration.sandbox);
        without_scripts(lua.folder());
        let sandbox = parts::sandbox(&configuration)?;
        let media = parts::media(&configuration)?;
        let sip = parts::sip(&configuration)?;
        let (switch, calls) = Switch::closed(Setup {
            configuration,
            directory: Some(folder.to_path_buf()),
            sip: Some(sip),
            media,
            clock: ringfence_rim::Clock::System,
            hostname: parts::hostname(),
        });
        let scripts = Scripts::new(switch.clone(), sandbox.clone(), lua);
        scripts.prepare().await.context("the guests cannot be used")?;
        let event_socket = parts::event_socket(&switch).await?;
        scripts.watch();
        calls.take();
        // Nothing else is scheduled yet, so there is room.
        let _ = switch.beat(switch.configuration().switch.heartbeat);
        switch.events().fire(EventName::Startup, |event| {
            event.set("Event-Info", "System Ready");
        });
        scripts.startup().await;
        Ok(Self { switch, sandbox, event_socket })
    }

    /// Serves until a signal or the command `shutdown` asks for the end, and then ends.
    async fn until_told(&self, signals: &mut Signals, grace: Duration) {
        let grace = loop {
            tokio::select! {
                request = signals.next() => match request {
                    Request::Reload => self.reload().await,
                    Request::Stop(signal) => {
                        info!(signal, "asked to end");
                        break grace;
                    }
                },
                how = self.switch.shutdown_asked() => {
                    info!(?how, "asked to end by the command shutdown");
                    break if how == Shutdown::Now { Duration::ZERO } else { grace };
                }
            }
        };
        tokio::select! {
            () = self.switch.shutdown(grace) => {}
            signal = signals.stop() => {
                warn!(signal, "asked again: ending at once");
                // The same with no time for calls: those that are left get their BYE.
                let _ = timeout(AT_ONCE, self.switch.shutdown(Duration::ZERO)).await;
            }
        }
        if let Some(event_socket) = &self.event_socket {
            event_socket.close(AT_ONCE).await;
        }
        self.sandbox.close();
        self.sandbox.kill_all(ENDING);
    }

    /// SIGHUP: new log files, and the XML again; with errors in it the old one stays.
    async fn reload(&self) {
        if self.switch.configuration().log_files.rotate_on_hup {
            log::file::rotate_all();
        }
        // Otherwise each fault is in the log already.
        if self.switch.reload().await.is_ok() {
            without_scripts(&self.switch.configuration().lua.folder);
            info!("configuration read again");
        }
    }
}

/// Warns when there is no folder of scripts: each call that wants one would fail, and only then say.
fn without_scripts(folder: &Path) {
    if !folder.is_dir() {
        warn!(
            "there is no folder of scripts {}: make it, or set script_dir in vars.xml",
            folder.display()
        );
    }
}

/// Tells where it listens and what to do next.
fn welcome(switch: &Switch) {
    let bound = switch.sip().map(ringfence_sip::Stack::bound).unwrap_or_default();
    print::line(format_args!("Ringfence {} listens on", env!("CARGO_PKG_VERSION")));
    for listener in &bound {
        let transport = listener.transport.name();
        print::line(format_args!("  {transport} {}  ({})", listener.address, listener.profile));
    }
    let Some(address) = reached_at(bound.iter().map(|listener| listener.address)) else { return };
    let usual = address == SocketAddr::from((Ipv4Addr::LOCALHOST, 5060));
    let server = if usual { String::new() } else { format!(" --server {address}") };
    print::line(format_args!(
        "Next: dial 5000 with a SIP phone, or in another shell:\n  \
         ringfence call 5000 --press \"2s 1\"{server}\n\
         Ctrl-C ends it."
    ));
}

/// The address for a caller on this machine: IPv4 when there is one.
fn reached_at(addresses: impl Iterator<Item = SocketAddr>) -> Option<SocketAddr> {
    let mut address = addresses.min_by_key(SocketAddr::is_ipv6)?;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_on_this_machine_is_told_where_to_call() {
        let told = |addresses: &[&str]| {
            let addresses = addresses.iter().map(|address| address.parse().unwrap());
            reached_at(addresses).map(|address| address.to_string())
        };
        assert_eq!(told(&["[::1]:5060", "127.0.0.1:5060"]).as_deref(), Some("127.0.0.1:5060"));
        assert_eq!(told(&["0.0.0.0:5070"]).as_deref(), Some("127.0.0.1:5070"));
        assert_eq!(told(&["[::]:5060"]).as_deref(), Some("[::1]:5060"));
        assert_eq!(told(&[]), None);
    }
}
