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
/// Output of a run in a minute, in bytes; more is thrown away, with one warning.
///
/// It goes to the log: a script that prints in a loop would fill the disk.
pub const OUTPUT: usize = 1 << 20;
/// What a run may log in a minute, in bytes; more is refused.
pub const LOG: usize = 1 << 20;
/// Handles that a guest may hold at the same time: files, streams, sessions, timers.
///
/// It bounds the host's table of them; `files` is the politer limit.
pub const HANDLES: usize = 1_024;
/// Files and folders that a guest may have open at the same time.
///
/// Each is a file descriptor of the server, of which it has some ten thousand.
pub const FILES: u32 = 64;
/// Commands of the system that a guest may run at the same time.
///
/// Each is a process.
pub const COMMANDS: u32 = 4;
/// Connections to databases that a guest may have at the same time.
///
/// All guests share what a database has of them.
pub const DATABASES: u32 = 16;
/// Calls that a guest may hold at the same time besides the one that it serves.
///
/// Each may be a leg of its own, with ports and audio.
pub const CALLS: u32 = 64;
/// Queues of events that a guest may have at the same time.
///
/// A queue is up to 5,000 events unless it asks for more.
pub const CONSUMERS: u32 = 4;
/// Scripts that run within each other, the outermost included.
///
/// One that starts itself and waits would take all slots otherwise.
pub const NESTED: u32 = 16;
/// Runs that may live for one owner at the same time.
///
/// A call has one script and what that starts; a script that starts scripts in a loop has no end.
pub const OF_OWNER: u32 = 100;
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
    /// The processor time a run may use between two host calls, however long it lives; none is no
    /// limit. Ends it as `burst-limit`.
    ///
    /// Measured a tick at a time: a tick in which a host call was made counts for nothing.
    pub burst: Option<Duration>,
    /// The instructions a run may execute; none is no limit. Ends it as `fuel-limit`.
    ///
    /// The same run ends at the same place each time. Takes an engine of its own, for which a guest
    /// is compiled when the first such run starts: that takes two seconds, and counting costs
    /// processor time.
    pub fuel: Option<u64>,
    /// Host calls a second, of those that report themselves; none is no limit. Ends it as
    /// `host-call-limit`.
    ///
    /// What was not used in a second can be used in the next, and no longer. Looked at once a tick.
    pub host_calls: Option<u32>,
    /// The directories it may use.
    pub directories: Vec<Directory>,
    /// The environment variables it sees.
    pub environment: Vec<(String, String)>,
    /// Bytes of a line of output ([`LINE`]).
    pub line: usize,
    /// Bytes of output a minute ([`OUTPUT`]); none is no limit. More is thrown away; ends it as
    /// `output-limit` at [`FAR`](crate::FAR) times as much.
    pub output: Option<usize>,
    /// Bytes that it may log in a minute ([`LOG`], [`Job::log`](crate::Job::log)); none is no limit.
    /// More is refused; ends it as `log-limit` at [`FAR`](crate::FAR) times as much.
    pub log: Option<usize>,
    /// Handles of all kinds ([`HANDLES`]). One more ends it as `handle-limit`.
    pub handles: usize,
    /// Files and folders that it may have open ([`FILES`]). One more is refused; ends it as
    /// `handle-limit` after [`REFUSALS`](crate::REFUSALS) in a row.
    pub files: u32,
    /// Commands of the system that it may run ([`COMMANDS`]); as `files`.
    pub commands: u32,
    /// Connections to databases that it may have ([`DATABASES`]); as `files`.
    pub databases: u32,
    /// Calls besides its own that it may hold ([`CALLS`]); as `files`.
    pub calls: u32,
    /// Queues of events that it may have ([`CONSUMERS`]); as `files`.
    pub consumers: u32,
    /// Scripts within each other, itself included, as long as it is one of them ([`NESTED`]). One
    /// more is not started: `nested-limit`.
    pub nested: u32,
    /// Runs of the same script at the same time; none is no limit. One more is not started:
    /// `script-instances`.
    pub of_script: Option<u32>,
    /// Runs for the same owner at the same time ([`OF_OWNER`]); none is no limit. One more is not
    /// started: `owner-instances`.
    pub of_owner: Option<u32>,
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
            burst: None,
            fuel: None,
            host_calls: None,
            directories: Vec::new(),
            environment: Vec::new(),
            line: LINE,
            output: Some(OUTPUT),
            log: Some(LOG),
            handles: HANDLES,
            files: FILES,
            databases: DATABASES,
            commands: COMMANDS,
            calls: CALLS,
            consumers: CONSUMERS,
            nested: NESTED,
            of_script: None,
            of_owner: Some(OF_OWNER),
            host_call: HOST_CALL,
            opened: Directories::default(),
        }
    }
}
