//! `autoload_configs/event_socket.conf.xml`: who may control the server over TCP, and how much of it
//! one client may take.

use std::net::IpAddr;
use std::time::Duration;

use super::network::{Network, Networks};
use super::parameter::{Parameter, Settings};
use crate::xml::{Element, Fault};

/// The parameters of event_socket.conf.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::one(
        "listen-ip",
        "127.0.0.1",
        "address",
        "Where clients connect; `::` is every address of the machine. Read at the start only.",
    ),
    Parameter::one("listen-port", "8021", "port", "The TCP port. Read at the start only."),
    Parameter::one(
        "password",
        "ClueCon",
        "text",
        "What `auth` must say. Whoever knows it controls every call and script.",
    ),
    Parameter::many(
        "apply-inbound-acl",
        "list of acl.conf.xml, or network as 192.0.2.0/24",
        "Who may connect at all: `loopback.auto` unless set. One of them must have the client's address.",
    ),
    Parameter::one(
        "stop-on-bind-error",
        "false",
        "true or false",
        "Whether the server ends when the address is taken; else it goes on and tries again.",
    ),
    Parameter::one(
        "max-connections",
        "1000",
        "connections",
        "Clients at the same time. One more is told to go away (`text/rude-rejection`).",
    ),
    Parameter::one(
        "max-unauthenticated",
        "100",
        "connections",
        "Clients that have not said the password yet; strangers cannot use up `max-connections`.",
    ),
    Parameter::one(
        "auth-timeout",
        "25",
        "seconds",
        "How long a client may stay silent before it has said the password.",
    ),
    Parameter::one(
        "auth-delay",
        "5",
        "seconds",
        "The longest wait before a wrong password is answered: from the fourth one of an address on, \
         each waits twice as long as the one before, from 100 ms up to this. 0 never waits.",
    ),
    Parameter::one(
        "max-command",
        "2",
        "MiB",
        "A command line with its headers. A longer one ends the connection with `-ERR command too long`.",
    ),
    Parameter::one(
        "max-headers",
        "1000",
        "headers",
        "Headers of one command. More end the connection with `-ERR too many headers`.",
    ),
    Parameter::one(
        "max-body",
        "10",
        "MiB",
        "The body of one command. A longer one ends the connection with `-ERR body too long`.",
    ),
    Parameter::one(
        "max-jobs",
        "1000",
        "jobs",
        "Jobs (`bgapi`) of one connection at the same time. One more is answered `-ERR too many jobs`.",
    ),
    Parameter::one(
        "event-ring",
        "20000",
        "events",
        "Events kept for clients that are slow or come back. What a client missed beyond it is told as \
         `CUSTOM ringfence::gap`.",
    ),
    Parameter::one(
        "event-ring-memory",
        "64",
        "MiB",
        "What the kept events may take together, whatever their number; for all clients, not for each.",
    ),
    Parameter::one(
        "resume-time",
        "60",
        "seconds",
        "How long the events of a client whose connection broke are kept for its `resume events`.",
    ),
];

/// Parameters of FreeSWITCH's event_socket.conf that mean nothing here.
const IGNORED: &[&str] = &["nat-map", "debug"];

/// The password that everybody knows.
const WELL_KNOWN: &str = "ClueCon";

/// The event socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventSocketSettings {
    /// Where clients connect.
    pub address: IpAddr,
    /// The TCP port.
    pub port: u16,
    /// What `auth` must say.
    pub password: String,
    /// Who may connect.
    pub acl: Vec<Network>,
    /// Whether the server ends when the address is taken.
    pub stop_on_bind_error: bool,
    /// Clients at the same time.
    pub max_connections: usize,
    /// Clients that have not said the password yet.
    pub max_unauthenticated: usize,
    /// How long a client may stay silent before it has said the password.
    pub auth_timeout: Duration,
    /// The longest wait before a wrong password is answered.
    pub auth_delay: Duration,
    /// A command line with its headers, in bytes.
    pub max_command: usize,
    /// Headers of one command.
    pub max_headers: usize,
    /// The body of one command, in bytes.
    pub max_body: usize,
    /// Jobs of one connection at the same time.
    pub max_jobs: usize,
    /// Events kept for slow and returning clients.
    pub ring_events: usize,
    /// What they may take together, in bytes.
    pub ring_bytes: usize,
    /// How long a broken connection's events are kept.
    pub resume_time: Duration,
}

impl EventSocketSettings {
    /// None without an `event_socket.conf`: then there is no event socket.
    pub(super) fn read(
        element: Option<&Element>,
        networks: &Networks,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let element = element?;
        super::known_children(element, &["settings"], faults);
        let settings = Settings::read(element.child("settings"), PARAMETERS, IGNORED, faults);
        let right = "an IP address, as 127.0.0.1 or ::";
        let address = settings
            .parsed("listen-ip", right, |_: &IpAddr| true, faults)
            .unwrap_or(IpAddr::from([127, 0, 0, 1]));
        let port = settings
            .parsed("listen-port", "a port from 1 to 65535", |port: &u16| *port > 0, faults)
            .unwrap_or(8021);
        let password = settings.text("password").unwrap_or_default();
        if password.is_empty() {
            let place = settings.place("password").unwrap_or(&element.place).clone();
            let message = "without a password nobody can log in to the event socket";
            faults.push(Fault::error(place, message));
        } else if password == WELL_KNOWN && !address.is_loopback() {
            let place = settings.place("listen-ip").unwrap_or(&element.place).clone();
            let message = format!(
                "the event socket listens on {address} with the password that everybody knows; set another"
            );
            faults.push(Fault::warning(place, message));
        }
        let mut acl = Vec::new();
        for (name, place) in settings.each("apply-inbound-acl") {
            match networks.find(name) {
                Ok(network) => acl.push(network),
                Err(why) => faults.push(Fault::error(
                    place.clone(),
                    format!("apply-inbound-acl=\"{name}\" lets nobody in: {why}"),
                )),
            }
        }
        if settings.each("apply-inbound-acl").next().is_none() {
            acl.push(Network::loopback());
        }
        Some(Self {
            address,
            port,
            password,
            acl,
            stop_on_bind_error: settings
                .parsed("stop-on-bind-error", "true or false", |_| true, faults)
                .unwrap_or(false),
            max_connections: settings.number("max-connections", 1..=100_000, faults),
            max_unauthenticated: settings.number("max-unauthenticated", 1..=100_000, faults),
            auth_timeout: settings.seconds("auth-timeout", 1..=3600, faults),
            auth_delay: settings.seconds("auth-delay", 0..=3600, faults),
            max_command: settings.number("max-command", 1..=64, faults) << 20,
            max_headers: settings.number("max-headers", 1..=100_000, faults),
            max_body: settings.number("max-body", 1..=64, faults) << 20,
            max_jobs: settings.number("max-jobs", 1..=100_000, faults),
            ring_events: settings.number("event-ring", 100..=1_000_000, faults),
            ring_bytes: settings.number("event-ring-memory", 1..=16_384, faults) << 20,
            resume_time: settings.seconds("resume-time", 0..=3600, faults),
        })
    }

    /// Whether a client of that address may connect.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        self.acl.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::Variables;

    fn read(params: &str) -> (EventSocketSettings, Vec<String>) {
        let text = format!("<configuration><settings>{params}</settings></configuration>");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event_socket.conf.xml");
        std::fs::write(&path, text).unwrap();
        let mut faults = Vec::new();
        let tree = crate::xml::load(&path, &mut Variables::new(), &mut faults).unwrap();
        let file = Some(&tree);
        let settings = EventSocketSettings::read(file, &Networks::default(), &mut faults).unwrap();
        (settings, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_empty_value_sets_nothing() {
        let (settings, faults) =
            read("<param name=\"max-jobs\" value=\"\"/><param name=\"auth-delay\" value=\"\"/>");
        let (shipped, _) = read("");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(settings, shipped);
    }

    #[test]
    fn as_shipped_only_this_machine_may_connect() {
        let (settings, faults) = read("");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!((settings.address.to_string().as_str(), settings.port), ("127.0.0.1", 8021));
        assert!(settings.allows("127.0.0.1".parse().unwrap()));
        assert!(settings.allows("::1".parse().unwrap()));
        assert!(settings.allows("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!settings.allows("192.0.2.1".parse().unwrap()));
        assert_eq!(settings.auth_timeout, Duration::from_secs(25));
        assert_eq!(settings.max_command, 2 << 20);
        assert!(EventSocketSettings::read(None, &Networks::default(), &mut Vec::new()).is_none());
    }

    #[test]
    fn faults_name_the_parameter_and_what_holds() {
        let (settings, faults) = read(
            r#"<param name="listen-ip" value="everywhere"/><param name="max-jobs" value="0"/>
               <param name="apply-inbound-acl" value="lan"/><param name="nat-map" value="true"/>"#,
        );
        assert_eq!(settings.max_jobs, 1000);
        assert!(settings.acl.is_empty(), "a list that is wrong must not open the door");
        for part in
            ["max-jobs", "listen-ip=\"everywhere\"", "acl=\"lan\" lets nobody in", "nat-map"]
        {
            assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:?}");
        }
        assert!(faults.iter().all(|fault| fault.contains("event_socket.conf.xml:")));
        let (_, faults) = read(r#"<param name="listen-ip" value="::"/>"#);
        assert!(faults.iter().any(|fault| fault.contains("everybody knows")), "{faults:?}");
    }
}
