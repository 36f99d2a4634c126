//! What a run is granted.

use std::path::PathBuf;
use std::time::Duration;

use crate::directories::Directories;

/// A guest's memory, in bytes.
///
/// An interpreter starts with about 2 MiB and telephony scripts rarely pass 10.
pub const MEMORY: usize = 64 << 20;
/// Elements of all a guest's tables.
///
/// A table holds the functions that are called by pointer; an interpreter has 1,000 to 3,000.
pub const TABLE: usize = 20_000;
/// The length of a line of output, in bytes; the rest of the line is cut.
pub const LINE: usize = 8 << 10;
/// All output of a run, in bytes; more is thrown away, with one warning.
pub const OUTPUT: usize = 1 << 20;
/// Handles that a guest may hold at the same time: files, sessions, timers.
pub const HANDLES: usize = 1_024;
/// What one host call may carry from the guest to the host, in bytes; a larger one ends the guest.
///
/// It bounds what a guest can make the host allocate. Functions refuse far less (64 KiB) politely.
pub const HOST_CALL: usize = 16 << 20;

/// A directory that a guest may use, under the same path as outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The absolute path. A directory that does not exist is left out, with a warning.
    pub path: PathBuf,
    /// Files may be changed, made and deleted.
    pub write: bool,
}

/// What a run is granted: limits, directories, environment.
///
/// Nothing is granted by default except memory and a little output. Shared by all runs under it.
#[derive(Debug)]
pub struct Profile {
    /// As the operator named it.
    pub name: String,
    /// Bytes of memory ([`MEMORY`]); a guest that needs more is told so by its allocator, and ends
    /// as `memory-limit` when it cannot cope. At most the sandbox's `max_memory`.
    pub memory: usize,
    /// Elements of tables ([`TABLE`]).
    pub table: usize,
    /// The time a run may last, from its start; none is no limit. Ends it as `wall-limit`.
    pub wall: Option<Duration>,
    /// The processor time a run may use; none is no limit. Ends it as `cpu-limit`.
    pub cpu: Option<Duration>,
    /// The directories it may use.
    pub directories: Vec<Directory>,
    /// The environment variables it sees.
    pub environment: Vec<(String, String)>,
    /// Bytes of a line of output ([`LINE`]).
    pub line: usize,
    /// Bytes of output ([`OUTPUT`]).
    pub output: usize,
    /// Handles ([`HANDLES`]).
    pub handles: usize,
    /// Bytes of one host call ([`HOST_CALL`]).
    pub host_call: usize,
    pub(crate) opened: Directories,
}

impl Profile {
    /// The defaults under a name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            memory: MEMORY,
            table: TABLE,
            wall: None,
            cpu: None,
            directories: Vec::new(),
            environment: Vec::new(),
            line: LINE,
            output: OUTPUT,
            handles: HANDLES,
            host_call: HOST_CALL,
            opened: Directories::default(),
        }
    }
}
