//! The parts of a server as its configuration wants them.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use ringfence_control::EventSocket;
use ringfence_media::Media;
use ringfence_sandbox::Sandbox;
use ringfence_sip::{Invitation, Listen, Stack, StartError, Transport};
use ringfence_switch::Switch;
use ringfence_switch::config::{Configuration, SipProfile};
use tokio::sync::mpsc;
use tracing::warn;

/// What the configuration says, or one thread for every so many processors.
pub(crate) fn threads(configured: usize, processors: usize) -> usize {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    if configured > 0 { configured } else { (all / processors).max(1) }
}

/// Where guests run.
pub(crate) fn sandbox(configuration: &Configuration) -> anyhow::Result<Sandbox> {
    let config = ringfence_sandbox::Config {
        workers: threads(configuration.switch.script_threads, 1),
        instances: configuration.sandbox.instances,
        max_memory: configuration.sandbox.largest_memory(),
        stack: configuration.sandbox.stack,
        warm: configuration.sandbox.warm,
        patience: configuration.sandbox.start_wait,
        tick: configuration.sandbox.tick,
        nice: configuration.sandbox.nice,
        ..ringfence_sandbox::Config::new(ringfence_switch::config::cache())
    };
    Sandbox::new(config).context("cannot start the sandbox")
}

/// Audio.
pub(crate) fn media(configuration: &Configuration) -> anyhow::Result<Media> {
    let folder = configuration.globals().text("sounds_dir").map(|text| PathBuf::from(&*text));
    // The shortest that is set; calls of other profiles wait on for theirs.
    let timeouts = configuration.profiles.iter().map(|profile| profile.rtp_timeout);
    let timeout = timeouts.filter(|seconds| *seconds > 0).min().map(Duration::from_secs);
    let config = ringfence_media::Config {
        timeout,
        threads: threads(configuration.switch.media_threads, 2),
        ports: configuration.switch.rtp_ports.clone(),
        sounds: folder.into_iter().collect(),
        ..ringfence_media::Config::default()
    };
    Media::start(config).context("cannot start audio")
}

/// SIP on all addresses of all profiles, and the calls that come.
///
/// A profile whose address this machine does not have (IPv6 switched off, most often) is left out
/// with a warning, as long as another one can be listened on.
pub(crate) fn sip(
    configuration: &Configuration,
) -> anyhow::Result<(Stack, mpsc::Receiver<Invitation>)> {
    let mut profiles = configuration.profiles.clone();
    loop {
        let config = ringfence_sip::Config {
            listen: profiles.iter().flat_map(|profile| listeners(profile)).collect(),
            threads: threads(configuration.switch.sip_threads, 4),
            calls: configuration.switch.max_sessions,
            ..ringfence_sip::Config::default()
        };
        let error = match Stack::start(config) {
            Ok(started) => return Ok(started),
            Err(error) => error,
        };
        let StartError::Listen { profile: name, error: why, .. } = &error else {
            return Err(anyhow!(error).context("cannot start SIP"));
        };
        let place = profiles.iter().find(|profile| *profile.name == **name);
        let place = place.map(|profile| profile.place.to_string()).unwrap_or_default();
        if profiles.len() == 1 || !absent(why) {
            return Err(anyhow!(error).context(place));
        }
        warn!(profile = %name, at = place, "profile left out: {error}");
        profiles.retain(|profile| *profile.name != **name);
    }
}

/// Whether this machine does not have the address or its family at all.
fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// A profile is listened for over UDP and TCP.
fn listeners(profile: &SipProfile) -> impl Iterator<Item = Listen> {
    [Transport::Udp, Transport::Tcp].into_iter().map(|transport| Listen {
        transport,
        address: profile.listen,
        advertise: profile.ext_sip_ip.clone(),
        profile: profile.name.as_str().into(),
    })
}

/// The event socket, when there is an event_socket.conf.
pub(crate) async fn event_socket(switch: &Switch) -> anyhow::Result<Option<EventSocket>> {
    let Some(settings) = switch.configuration().event_socket.clone() else { return Ok(None) };
    Ok(Some(EventSocket::start(switch.clone(), settings).await?))
}

/// The machine's name.
pub(crate) fn hostname() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}
