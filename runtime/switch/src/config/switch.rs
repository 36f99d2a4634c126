//! `autoload_configs/switch.conf.xml`: the server as a whole.

use std::ops::RangeInclusive;
use std::time::Duration;

use ringfence_database::MAX_CONNECTIONS;
use ringfence_outside::mail::Route;

use super::parameter::{Parameter, Settings};
use crate::xml::{Element, Fault};

/// The parameters of switch.conf.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::one(
        "switchname",
        "",
        "text",
        "How events and `status` name this server; the machine's name unless set.",
    ),
    Parameter::one(
        "max-sessions",
        "1000",
        "calls",
        "Legs at the same time. One more is refused with 503.",
    ),
    Parameter::one(
        "sessions-per-second",
        "30",
        "calls a second",
        "New calls in a second. More are refused with 503 and Retry-After.",
    ),
    Parameter::one(
        "rtp-start-port",
        "16384",
        "port",
        "The first UDP port for RTP; a call takes two.",
    ),
    Parameter::one("rtp-end-port", "32768", "port", "The last UDP port for RTP."),
    Parameter::one(
        "loglevel",
        "info",
        "console, alert, crit, err, warning, notice, info or debug",
        "What is logged unless the environment variable RUST_LOG says otherwise.",
    ),
    Parameter::one(
        "sip-threads",
        "0",
        "threads",
        "Threads for SIP; 0 takes one for every four processors, at least one.",
    ),
    Parameter::one(
        "media-threads",
        "0",
        "threads",
        "Threads for audio; 0 takes one for every two processors, at least one.",
    ),
    Parameter::one(
        "call-threads",
        "0",
        "threads",
        "Threads for channels and the dialplan; 0 takes one for each processor.",
    ),
    Parameter::one(
        "script-threads",
        "0",
        "threads",
        "Threads for scripts; 0 takes one for each processor.",
    ),
    Parameter::one(
        "shutdown-wait",
        "30",
        "seconds",
        "How long SIGTERM waits for the running calls before it hangs them up.",
    ),
    Parameter::one(
        "event-heartbeat-interval",
        "20",
        "seconds",
        "How often the event `HEARTBEAT` is told.",
    ),
    Parameter::one(
        "verbose-channel-events",
        "false",
        "true or false",
        "All events of a channel have its variables, also `CHANNEL_STATE`, `CHANNEL_CALLSTATE`, \
         `CODEC` and `DTMF`; `fsctl verbose_events` and the application `verbose_events` say so later.",
    ),
    Parameter::one(
        "max-db-handles",
        "50",
        "connections",
        "Connections to one database at the same time, for all scripts together. A script has one from \
         `freeswitch.Dbh(…)` to `release` or its end. 1,000 to all databases.",
    ),
    Parameter::one(
        "db-handle-timeout",
        "10",
        "seconds",
        "How long `freeswitch.Dbh(…)` waits for a connection when all are taken.",
    ),
    Parameter::one(
        "mailer-app",
        "sendmail",
        "command",
        "What takes the mail of `freeswitch.email`: it is run as `<mailer-app> -f <from> <mailer-app-args> \
         <to>`, without a shell, and gets the message on its input.",
    ),
    Parameter::one("mailer-app-args", "-t", "words", "Arguments of `mailer-app`."),
    Parameter::one(
        "smtp-url",
        "",
        "URL",
        "An SMTP server that takes mail instead of `mailer-app`: `smtp://host:25`, \
         `smtps://user:password@host:465`, `smtp://user:password@host:587?tls=required`.",
    ),
];

/// Parameters of FreeSWITCH's switch.conf that mean nothing here.
const IGNORED: &[&str] = &[
    "colorize-console",
    "dialplan-timestamps",
    "dump-cores",
    "max-db-handles",
    "db-handle-timeout",
    "min-idle-cpu",
    "rtp-enable-zrtp",
    "rtp-port-usage-robustness",
    "core-db-dsn",
    "core-db-name",
    "auto-create-schemas",
    "auto-clear-sql",
    "enable-early-hangup",
    "enable-monotonic-timing",
    "1ms-timer",
    "timer-affinity",
    "tipping-point",
    "max-audio-channels",
    "uuid-version",
    "events-use-dispatch",
    "initial-event-threads",
    "debug-level",
    "crash-protection",
    "multiple-registrations",
    "threaded-system-exec",
    "rtp-retain-crypto-keys",
    "suppress-cdr-headers",
    "cdr-headers",
    "disable-monotonic-timing",
    "enable-softtimer-timerfd",
    "enable-cond-yield",
    "enable-timer-matrix",
    "switchname-affects-uuids",
    "ivr-dtmf-timeout",
    "core-non-sqlite-db-required",
];

/// The server as a whole.
#[derive(Clone, Debug)]
pub struct SwitchSettings {
    /// How events name this server; none takes the machine's name.
    pub switchname: Option<String>,
    /// Legs at the same time.
    pub max_sessions: usize,
    /// New calls in a second.
    pub sessions_per_second: u32,
    /// UDP ports for RTP and RTCP.
    pub rtp_ports: RangeInclusive<u16>,
    /// `console` to `debug`.
    pub loglevel: String,
    /// 0 chooses by the machine.
    pub sip_threads: usize,
    /// 0 chooses by the machine.
    pub media_threads: usize,
    /// 0 chooses by the machine.
    pub call_threads: usize,
    /// 0 chooses by the machine.
    pub script_threads: usize,
    /// How long SIGTERM waits for calls, in seconds.
    pub shutdown_wait: u64,
    /// Connections to one database.
    pub max_db_handles: usize,
    /// How long a script waits for one.
    pub db_handle_timeout: Duration,
    /// Who takes mail.
    pub mail: Route,
    /// Seconds between two `HEARTBEAT` events.
    pub heartbeat: u32,
    /// All events of channels have their variables.
    pub verbose_events: bool,
}

impl SwitchSettings {
    pub(super) fn read(element: Option<&Element>, faults: &mut Vec<Fault>) -> Self {
        if let Some(element) = element {
            super::known_children(
                element,
                &["settings", "cli-keybindings", "default-ptimes"],
                faults,
            );
        }
        let settings = element.and_then(|element| element.child("settings"));
        let settings = Settings::read(settings, PARAMETERS, IGNORED, faults);
        let levels = ["console", "alert", "crit", "err", "warning", "notice", "info", "debug"];
        let threads = |name, faults: &mut Vec<Fault>| settings.number(name, 0..=256, faults);
        let (sip_threads, media_threads) =
            (threads("sip-threads", faults), threads("media-threads", faults));
        let (call_threads, script_threads) =
            (threads("call-threads", faults), threads("script-threads", faults));
        let port = |name, faults: &mut Vec<Fault>| {
            settings.parsed(name, "a port from 1024 to 65535", |n: &u16| *n >= 1024, faults)
        };
        let start = port("rtp-start-port", faults).unwrap_or(16384);
        let end = port("rtp-end-port", faults).unwrap_or(32768);
        let rtp_ports = if start < end {
            start..=end
        } else {
            if let Some(place) = settings.place("rtp-end-port").or(settings.place("rtp-start-port"))
            {
                let message = format!("rtp-end-port {end} must be above rtp-start-port {start}");
                let fault = Fault::error(place.clone(), message);
                faults.push(fault.so("16384 to 32768 hold"));
            }
            16384..=32768
        };
        let right = levels.join(", ");
        Self {
            switchname: settings.text("switchname"),
            max_sessions: settings
                .parsed("max-sessions", "a number of calls, 1 or more", |n| *n > 0, faults)
                .unwrap_or(1000),
            sessions_per_second: settings
                .parsed("sessions-per-second", "a number, 1 or more", |n| *n > 0, faults)
                .unwrap_or(30),
            rtp_ports,
            loglevel: settings
                .parsed(
                    "loglevel",
                    &format!("one of {right}"),
                    |level: &String| levels.contains(&level.to_ascii_lowercase().as_str()),
                    faults,
                )
                .map_or_else(|| "info".to_owned(), |level| level.to_ascii_lowercase()),
            sip_threads,
            media_threads,
            call_threads,
            script_threads,
            shutdown_wait: settings
                .parsed("shutdown-wait", "a number of seconds", |_| true, faults)
                .unwrap_or(30),
            max_db_handles: settings
                .parsed(
                    "max-db-handles",
                    "1 to 1000 connections",
                    |n| (1..=MAX_CONNECTIONS).contains(n),
                    faults,
                )
                .unwrap_or(50),
            db_handle_timeout: Duration::from_secs(
                settings
                    .parsed(
                        "db-handle-timeout",
                        "1 to 3600 seconds",
                        |n| (1..=3600).contains(n),
                        faults,
                    )
                    .unwrap_or(10),
            ),
            mail: match settings.text("smtp-url") {
                Some(url) => Route::Smtp(url),
                None => Route::Mailer {
                    app: settings.text("mailer-app").unwrap_or_default(),
                    arguments: settings.text("mailer-app-args").unwrap_or_default(),
                },
            },
            heartbeat: settings
                .parsed(
                    "event-heartbeat-interval",
                    "a number of seconds, 1 or more",
                    |n| *n > 0,
                    faults,
                )
                .unwrap_or(20),
            verbose_events: settings
                .parsed("verbose-channel-events", "true or false", |_| true, faults)
                .unwrap_or(false),
        }
    }
}
