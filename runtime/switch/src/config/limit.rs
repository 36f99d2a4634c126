//! How much a script may take: the one table of limits.
//!
//! The reader, `ringfence check` and docs/sandbox.md are made from [`LIMITS`].

use std::time::Duration;

use super::parameter::{Parameter, Settings};
use crate::xml::Fault;

/// How a limit is switched off where that is sensible.
pub const UNLIMITED: &str = "unlimited";

/// What is said of a parameter that cannot be used.
pub(super) const DEFAULT_HOLDS: &str = "the profile's default holds";

/// A limit of script profiles.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its parameter: name, default of `third-party` and of the operator's own profiles, unit, meaning.
    pub parameter: Parameter,
    /// What holds in `trusted`.
    pub trusted: &'static str,
    /// The smallest and the largest value.
    pub range: (u64, u64),
    /// May be `unlimited`.
    pub unlimited: bool,
    /// What happens at the limit, first where the script can do something about it.
    pub then: &'static str,
    /// What a run that this limit ended, or did not let start, is called in `script_result` and logs.
    pub error: &'static str,
    /// Why the defaults are what they are.
    pub reason: &'static str,
    /// Puts a value, in the parameter's unit, where it is used.
    set: fn(&mut Limits, Option<u64>),
}

/// What a profile's scripts may take. None is no limit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Limits {
    /// Bytes.
    pub memory: usize,
    /// Processor time of a run.
    pub cpu: Option<Duration>,
    /// Processor time between two calls of the server.
    pub burst: Option<Duration>,
    /// Time of a run.
    pub wall: Option<Duration>,
    /// Instructions of a run.
    pub fuel: Option<u64>,
    /// After the hangup of its call.
    pub hangup_grace: Option<Duration>,
    /// Calls of the server in a second.
    pub host_calls: Option<u32>,
    /// Bytes to the log in a minute.
    pub log: Option<usize>,
    /// Bytes printed in a minute.
    pub output: Option<usize>,
    /// Open at the same time.
    pub files: u32,
    /// Commands of the system at the same time.
    pub commands: u32,
    /// Time of a command.
    pub command: Option<Duration>,
    /// Connections to databases at the same time.
    pub databases: u32,
    /// Calls besides the one that is served.
    pub calls: u32,
    /// Queues of events.
    pub consumers: u32,
    /// Time of a statement.
    pub statement: Option<Duration>,
    /// Scripts within each other.
    pub nested: u32,
    /// Instances of one script.
    pub of_script: Option<u32>,
    /// Instances of one owner.
    pub of_owner: Option<u32>,
    /// Things that a run may try in vain.
    pub refusals: Option<u32>,
}

const HOUR: u64 = 3_600;
const YEAR: u64 = 365 * 24 * HOUR;

/// Every limit of a profile.
pub const LIMITS: &[Limit] = &[
    Limit {
        parameter: Parameter::one("memory", "16", "MiB", "Memory of a run; Lua gets 5/8 of it."),
        trusted: "64",
        range: (1, 4_095),
        unlimited: false,
        then: "the Lua error `not enough memory`; ends a script that cannot cope",
        error: "memory-limit",
        reason: "An interpreter begins with 2 MiB; call scripts rarely pass 10.",
        set: |limits, value| limits.memory = bytes(value, 20).unwrap_or(usize::MAX),
    },
    Limit {
        parameter: Parameter::one("cpu-limit", "60", "seconds", "Processor time of a run."),
        trusted: UNLIMITED,
        range: (1, YEAR),
        unlimited: true,
        then: "ends the script",
        error: "cpu-limit",
        reason: "A script of the operator may live as long as the server; burst-limit ends one that \
                 spins.",
        set: |limits, value| limits.cpu = seconds(value),
    },
    Limit {
        parameter: Parameter::one(
            "burst-limit",
            "2",
            "seconds",
            "Processor time between two calls of the server, however long the call lasts.",
        ),
        trusted: "10",
        range: (1, YEAR),
        unlimited: true,
        then: "ends the script",
        error: "burst-limit",
        reason: "A caller hears nothing meanwhile. Sorting a million numbers takes one second.",
        set: |limits, value| limits.burst = seconds(value),
    },
    Limit {
        parameter: Parameter::one("wall-limit", "3600", "seconds", "Time of a run."),
        trusted: UNLIMITED,
        range: (1, YEAR),
        unlimited: true,
        then: "ends the script",
        error: "wall-limit",
        reason: "Few calls last longer than an hour; the operator's own scripts may have to.",
        set: |limits, value| limits.wall = seconds(value),
    },
    Limit {
        parameter: Parameter::one(
            "fuel",
            UNLIMITED,
            "instructions",
            "Instructions of a run, counted exactly: the same script ends at the same place each \
             time. Such scripts run on an engine of their own.",
        ),
        trusted: UNLIMITED,
        range: (1_000_000, u64::MAX),
        unlimited: true,
        then: "ends the script",
        error: "fuel-limit",
        reason: "Counting costs processor time; the other limits do without.",
        set: |limits, value| limits.fuel = value,
    },
    Limit {
        parameter: Parameter::one(
            "hangup-grace",
            "5",
            "seconds",
            "What a script has after the hangup of its call, its hangup hook included.",
        ),
        trusted: "60",
        range: (0, YEAR),
        unlimited: true,
        then: "ends the script",
        error: "hangup-grace",
        reason: "Enough to write a record of the call. Loops that do not look at session:ready() end \
                 here.",
        set: |limits, value| limits.hangup_grace = seconds(value),
    },
    Limit {
        parameter: Parameter::one(
            "host-call-limit",
            "10000",
            "calls a second",
            "Calls of the server; what was not used in the last second is kept for the next.",
        ),
        trusted: "100000",
        range: (1, u32::MAX as u64),
        unlimited: true,
        then: "ends the script",
        error: "host-call-limit",
        reason: "A call script makes a few hundred. Without it a loop of calls would pass burst-limit.",
        set: |limits, value| limits.host_calls = count(value),
    },
    Limit {
        parameter: Parameter::one(
            "log-limit",
            "256",
            "KiB a minute",
            "What scripts write to the log.",
        ),
        trusted: "10240",
        range: (1, 1 << 30),
        unlimited: true,
        then: "a Lua error; ends a script that goes on to ten times as much",
        error: "log-limit",
        reason: "256 KiB are 3,000 lines. A loop that logs would fill the disk.",
        set: |limits, value| limits.log = bytes(value, 10),
    },
    Limit {
        parameter: Parameter::one("output-limit", "64", "KiB a minute", "What a run prints."),
        trusted: "1024",
        range: (1, 1 << 30),
        unlimited: true,
        then: "thrown away with one warning; ends a script that goes on to ten times as much",
        error: "output-limit",
        reason: "It goes to the log, too.",
        set: |limits, value| limits.output = bytes(value, 10),
    },
    Limit {
        parameter: Parameter::one("files", "16", "files", "Files open at the same time."),
        trusted: "256",
        range: (0, 1_000),
        unlimited: false,
        then: "`io.open` answers nil, a message and 24; ends a script that tries a thousand times in a row",
        error: "handle-limit",
        reason: "All scripts share the server's file descriptors.",
        set: |limits, value| limits.files = count(value).unwrap_or(u32::MAX),
    },
    Limit {
        parameter: Parameter::one(
            "databases",
            "2",
            "connections",
            "Connections to databases at the same time: `freeswitch.Dbh`, `luasql`.",
        ),
        trusted: "16",
        range: (0, 1_000),
        unlimited: false,
        then: "`Dbh` is not connected, and the log says why; ends a script that tries a thousand times in \
               a row",
        error: "handle-limit",
        reason: "All scripts share `max-db-handles` of each database; one that opens in a loop would \
                 take them all.",
        set: |limits, value| limits.databases = count(value).unwrap_or(u32::MAX),
    },
    Limit {
        parameter: Parameter::one(
            "calls",
            "4",
            "calls",
            "Calls that a run holds at the same time besides the one that it serves: \
             `freeswitch.Session`, `session:originate`.",
        ),
        trusted: "1000",
        range: (0, 10_000),
        unlimited: false,
        then: "the call is not made or found, and the log says why; ends a script that tries a thousand \
               times in a row",
        error: "handle-limit",
        reason: "A ring group has a handful; a loop that calls would take all ports.",
        set: |limits, value| limits.calls = count(value).unwrap_or(u32::MAX),
    },
    Limit {
        parameter: Parameter::one(
            "consumers",
            "1",
            "queues",
            "Queues of events that a run has at the same time: `freeswitch.EventConsumer`.",
        ),
        trusted: "16",
        range: (0, 1_000),
        unlimited: false,
        then: "the queue stays empty, and the log says why; ends a script that tries a thousand times in \
               a row",
        error: "handle-limit",
        reason: "A full queue is some 10 MB, and each is served at every event.",
        set: |limits, value| limits.consumers = count(value).unwrap_or(u32::MAX),
    },
    Limit {
        parameter: Parameter::one(
            "commands",
            "2",
            "commands",
            "Commands of the system at the same time: `io.popen`, `os.execute`.",
        ),
        trusted: "16",
        range: (0, 1_000),
        unlimited: false,
        then: "`io.popen` and `os.execute` answer nil and a message; ends a script that tries a thousand \
               times in a row",
        error: "handle-limit",
        reason: "Each is a process of the server's machine; it runs 64 at a time for all scripts.",
        set: |limits, value| limits.commands = count(value).unwrap_or(u32::MAX),
    },
    Limit {
        parameter: Parameter::one(
            "command-limit",
            "10",
            "seconds",
            "Time of a command of the system.",
        ),
        trusted: "300",
        range: (1, YEAR),
        unlimited: false,
        then: "the command is killed, and what waits for it answers nil and a message",
        error: "command-limit",
        reason: "A caller hears nothing meanwhile. Converting a recording takes some seconds.",
        set: |limits, value| limits.command = seconds(value),
    },
    Limit {
        parameter: Parameter::one(
            "statement-limit",
            "10",
            "seconds",
            "Time that a database takes for a statement, or for its next rows.",
        ),
        trusted: "60",
        range: (1, YEAR),
        unlimited: true,
        then: "the statement is interrupted and fails",
        error: "statement-limit",
        reason: "A caller hears nothing meanwhile, and others wait for the connection.",
        set: |limits, value| limits.statement = seconds(value),
    },
    Limit {
        parameter: Parameter::one(
            "nested-limit",
            "2",
            "scripts",
            "Scripts that wait for each other: `api:execute(\"lua\", …)`, `session:execute(\"lua\", …)`.",
        ),
        trusted: "16",
        range: (1, 64),
        unlimited: false,
        then: "the innermost is not started",
        error: "nested-limit",
        reason: "A script that starts itself would take all instances.",
        set: |limits, value| limits.nested = count(value).unwrap_or(u32::MAX),
    },
    Limit {
        parameter: Parameter::one(
            "script-instances",
            "200",
            "runs",
            "Runs of the same script at the same time.",
        ),
        trusted: UNLIMITED,
        range: (1, u32::MAX as u64),
        unlimited: true,
        then: "one more is not started",
        error: "script-instances",
        reason: "A guest of strangers should not take the places of all others.",
        set: |limits, value| limits.of_script = count(value),
    },
    Limit {
        parameter: Parameter::one(
            "owner-instances",
            "4",
            "runs",
            "Runs at the same time for one owner: a call, or a script started from outside, with all \
             that they start.",
        ),
        trusted: "100",
        range: (1, u32::MAX as u64),
        unlimited: true,
        then: "one more is not started",
        error: "owner-instances",
        reason: "A script that starts scripts in a loop ends here.",
        set: |limits, value| limits.of_owner = count(value),
    },
    Limit {
        parameter: Parameter::one(
            "refused-limit",
            "100",
            "refusals",
            "Things that a run tries without permission.",
        ),
        trusted: UNLIMITED,
        range: (0, u32::MAX as u64),
        unlimited: true,
        then: "each is a Lua error; the next ends the script",
        error: "refused-limit",
        reason: "Each is logged; a script that goes on looks for a way out.",
        set: |limits, value| limits.refusals = count(value),
    },
];

impl Limits {
    /// The defaults of `trusted`.
    #[must_use]
    pub fn trusted() -> Self {
        Self::of(|limit| limit.trusted)
    }

    /// The defaults of `third-party`, and of profiles that are based on nothing.
    #[must_use]
    pub fn third_party() -> Self {
        Self::of(|limit| limit.parameter.default)
    }

    fn of(default: impl Fn(&Limit) -> &'static str) -> Self {
        let mut limits = Self::default();
        for limit in LIMITS {
            // The defaults are numbers or `unlimited`; a test reads them all.
            (limit.set)(&mut limits, default(limit).parse().ok());
        }
        limits
    }

    /// Takes what is set; the rest stays.
    pub(super) fn read(&mut self, settings: &Settings<'_>, faults: &mut Vec<Fault>) {
        for limit in LIMITS {
            let name = limit.parameter.name;
            let Some((value, place)) = settings.set(name) else { continue };
            match limit.parse(value) {
                Ok(value) => (limit.set)(self, value),
                Err(right) => {
                    let message = format!("{name}=\"{value}\" is not {right}");
                    faults.push(Fault::error(place.clone(), message).so(DEFAULT_HOLDS));
                }
            }
        }
    }
}

impl Limit {
    /// Reads a value; what would be right when it is not.
    fn parse(&self, value: &str) -> Result<Option<u64>, String> {
        let (smallest, largest) = self.range;
        if self.unlimited && value == UNLIMITED {
            return Ok(None);
        }
        let number = value.parse().ok().filter(|value| (smallest..=largest).contains(value));
        number.map(Some).ok_or_else(|| {
            let or = if self.unlimited { ", or unlimited" } else { "" };
            format!("{smallest} to {largest} {}{or}", self.parameter.unit)
        })
    }
}

fn seconds(value: Option<u64>) -> Option<Duration> {
    value.map(Duration::from_secs)
}

/// As bytes; `shift` is 10 for KiB, 20 for MiB. The ranges keep it below the largest number.
fn bytes(value: Option<u64>, shift: u32) -> Option<usize> {
    value.map(|value| usize::try_from(value << shift).unwrap_or(usize::MAX))
}

/// The ranges end at the largest number there is.
fn count(value: Option<u64>) -> Option<u32> {
    value.map(|value| u32::try_from(value).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_in_its_range() {
        for limit in LIMITS {
            for default in [limit.trusted, limit.parameter.default] {
                assert!(limit.parse(default).is_ok(), "{}: {default}", limit.parameter.name);
            }
        }
    }

    #[test]
    fn values_arrive_in_their_units() {
        let (trusted, third_party) = (Limits::trusted(), Limits::third_party());
        assert_eq!((trusted.memory, third_party.memory), (64 << 20, 16 << 20));
        assert_eq!((trusted.cpu, third_party.cpu), (None, Some(Duration::from_mins(1))));
        assert_eq!(trusted.log, Some(10 << 20));
        assert_eq!((third_party.files, third_party.nested), (16, 2));
    }

    #[test]
    fn what_cannot_be_read_says_what_would_be_right() {
        let limit = LIMITS.iter().find(|limit| limit.parameter.name == "cpu-limit").unwrap();
        assert_eq!(limit.parse("unlimited"), Ok(None));
        assert_eq!(limit.parse("7"), Ok(Some(7)));
        for wrong in ["0", "", "1.5", "-1", "99999999999999999999", "Unlimited "] {
            assert_eq!(limit.parse(wrong), Err("1 to 31536000 seconds, or unlimited".to_owned()));
        }
    }
}
