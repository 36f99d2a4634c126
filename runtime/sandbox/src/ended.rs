//! How a run ended and what it cost.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::job::Place;

/// A run that is over.
#[derive(Debug)]
pub struct Ended<T, R> {
    /// The job's id.
    pub id: Uuid,
    /// What the run answered, or why it could not.
    pub result: Result<R, EndedBy>,
    /// What was lent to the run, in every case. None only when the sandbox itself was dropped
    /// under the run.
    pub host: Option<T>,
    /// What it cost.
    pub cost: Cost,
    /// The line at which the script last was in a host call, if it told.
    pub at: Option<Place>,
}

/// What a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Processor time of the guest and of the host functions that it called.
    pub cpu: Duration,
    /// From the start to the end, on tokio's clock.
    pub wall: Duration,
    /// The largest memory that it had, in bytes.
    pub peak_memory: usize,
    /// How many host calls it made, as far as they report themselves.
    pub host_calls: u64,
}

/// Why a run gave no answer. [`name`](Self::name) is stable; `Display` is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// The guest did something impossible: ran into `unreachable`, out of bounds.
    Trap {
        /// What it did.
        message: String,
        /// The guest's stack, one frame a line, innermost first; may be empty.
        backtrace: String,
    },
    /// Ended from outside.
    Killed {
        /// What the killer said.
        reason: String,
    },
    /// It took longer than its profile allows.
    WallLimit {
        /// The limit.
        limit: Duration,
    },
    /// It used more processor time than its profile allows.
    CpuLimit {
        /// The limit.
        limit: Duration,
    },
    /// It computed for longer than its profile allows without a host call.
    BurstLimit {
        /// The limit.
        limit: Duration,
    },
    /// It executed more instructions than its profile allows.
    FuelLimit {
        /// The limit.
        limit: u64,
    },
    /// It made more host calls a second than its profile allows.
    HostCallLimit {
        /// The limit.
        limit: u32,
    },
    /// It was refused memory and could not go on.
    MemoryLimit {
        /// The limit in bytes.
        limit: usize,
    },
    /// It called functions within functions until its stack was full.
    StackLimit {
        /// The limit in bytes.
        limit: usize,
    },
    /// It went on opening things although it was refused them.
    HandleLimit {
        /// Of what.
        what: &'static str,
        /// How many may be open.
        limit: usize,
    },
    /// It went on logging although its lines were refused.
    LogLimit {
        /// The limit in bytes a minute.
        limit: usize,
    },
    /// It went on printing although what it printed was thrown away.
    OutputLimit {
        /// The limit in bytes a minute.
        limit: usize,
    },
    /// It asked to end (`wasi:cli/exit`, `os.exit`). Not a fault when the code is 0.
    Exit {
        /// 0 is success.
        code: i32,
    },
    /// A host function ended it with an [`End`].
    Host(End),
    /// The instance could not be built: an import is missing, the pool refuses it.
    StartFailed {
        /// Why.
        message: String,
    },
    /// A host function panicked. A bug of the server; logged there.
    HostBug {
        /// What the panic said.
        message: String,
    },
    /// The sandbox was dropped under the run.
    SandboxGone,
}

impl EndedBy {
    /// The stable name, for variables, events, counters.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trap { .. } => "trap",
            Self::Killed { .. } => "killed",
            Self::WallLimit { .. } => "wall-limit",
            Self::CpuLimit { .. } => "cpu-limit",
            Self::BurstLimit { .. } => "burst-limit",
            Self::FuelLimit { .. } => "fuel-limit",
            Self::HostCallLimit { .. } => "host-call-limit",
            Self::MemoryLimit { .. } => "memory-limit",
            Self::StackLimit { .. } => "stack-limit",
            Self::HandleLimit { .. } => "handle-limit",
            Self::LogLimit { .. } => "log-limit",
            Self::OutputLimit { .. } => "output-limit",
            Self::Exit { .. } => "exit",
            Self::Host(end) => end.name,
            Self::StartFailed { .. } => "start-failed",
            Self::HostBug { .. } => "host-bug",
            Self::SandboxGone => "sandbox-gone",
        }
    }
}

impl EndedBy {
    /// Whether it did not end by itself, nor by somebody's decision: what it did last is of interest.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        !matches!(
            self,
            Self::Killed { .. }
                | Self::Exit { .. }
                | Self::StartFailed { .. }
                | Self::HostBug { .. }
                | Self::SandboxGone
        )
    }

    /// The same as [`Display`](fmt::Display) with where it was, for those at a limit. A guest tells its
    /// line with host calls only.
    #[must_use]
    pub fn located(&self, at: Option<&Place>) -> String {
        match at {
            _ if !self.is_limit() => self.to_string(),
            Some(at) => format!("{self}; its last call of the server was at {at}"),
            None => format!("{self}; its line is not known, it made no call of the server"),
        }
    }
}

impl fmt::Display for EndedBy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap { message, .. } => write!(out, "{message}"),
            Self::Killed { reason } => write!(out, "{reason}"),
            Self::WallLimit { limit } => write!(out, "it ran longer than {limit:?} (wall-limit)"),
            Self::CpuLimit { limit } => {
                write!(out, "it used more than {limit:?} of processor time (cpu-limit)")
            }
            Self::BurstLimit { limit } => {
                write!(out, "it computed for more than {limit:?} without a host call (burst-limit)")
            }
            Self::FuelLimit { limit } => {
                write!(out, "it executed more than {limit} instructions (fuel)")
            }
            Self::HostCallLimit { limit } => {
                write!(out, "it made more than {limit} host calls a second (host-call-limit)")
            }
            Self::MemoryLimit { limit } => {
                write!(out, "it needed more than {} MiB (memory)", limit >> 20)
            }
            Self::StackLimit { limit } => {
                write!(
                    out,
                    "its functions called each other too deeply, beyond {limit} bytes of stack"
                )
            }
            Self::HandleLimit { what, limit } => {
                write!(out, "it went on after it was refused more than {limit} {what}")
            }
            Self::LogLimit { limit } => {
                write!(out, "it went on logging far beyond {limit} bytes a minute (log-limit)")
            }
            Self::OutputLimit { limit } => {
                write!(out, "it went on printing far beyond {limit} bytes a minute (output-limit)")
            }
            Self::Exit { code } => write!(out, "it exited with code {code}"),
            Self::Host(end) => write!(out, "{}", end.message),
            Self::StartFailed { message } => write!(out, "it cannot be started: {message}"),
            Self::HostBug { message } => write!(out, "bug in the server: {message}"),
            Self::SandboxGone => write!(out, "the sandbox was shut down"),
        }
    }
}

impl std::error::Error for EndedBy {}

/// What a host function returns as its error to end the guest under a name of its own.
///
/// ```
/// # fn refuse() -> Result<(), ringfence_sandbox::wasmtime::Error> {
/// Err(ringfence_sandbox::End::new("refused", "the profile does not allow api 'system'").into())
/// # }
/// # assert!(refuse().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct End {
    /// The stable name ([`EndedBy::name`]).
    pub name: &'static str,
    /// For people.
    pub message: String,
}

impl End {
    /// Ends the guest under `name`.
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }
}
