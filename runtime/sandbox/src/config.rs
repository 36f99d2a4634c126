//! How large a sandbox is.

use std::path::PathBuf;
use std::time::Duration;

/// Guests that may live at the same time.
///
/// Each slot reserves about 9 GiB of address space (of 128 TiB) and, once used, up to six memory
/// mappings, of which Linux allows 65,530 by default (`vm.max_map_count`).
pub const INSTANCES: u32 = 4_000;
/// The largest memory that any profile can grant, in bytes.
pub const MAX_MEMORY: usize = 64 << 20;
/// Stack of a guest's own functions, in bytes.
///
/// Lua answers endless recursion with an error of its own when it has this much; with half of it
/// the guest ends first.
pub const STACK: usize = 512 << 10;
/// Slots that keep what the last guest in them touched, so that the next one starts faster.
///
/// At most this many times some 160 kB stay with the server when all guests have ended.
pub const WARM: u32 = 128;
/// How long a start waits for a slot when all are taken.
///
/// A caller hears nothing meanwhile; a second is what a person takes for a slow answer.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// How often a running guest can be interrupted; also its time slice.
///
/// Each tick is one atomic increment. At 1 ms a kill of a spinning guest takes 0.2 ms (4 on a busy
/// machine), at 10 ms it takes 5.
pub const TICK: Duration = Duration::from_millis(1);
/// How much lower guest threads are scheduled than the others (`nice`).
///
/// Guests are what may wait: signalling and audio may not. Raising it needs no privilege.
pub const NICE: i32 = 5;

/// The size of a [`Sandbox`](crate::Sandbox).
#[derive(Clone, Debug)]
pub struct Config {
    /// Where compiled guests are kept; made if missing, and only for this user.
    pub cache: PathBuf,
    /// Threads that run guests; [`Sandbox::on`](crate::Sandbox::on) does not use it.
    pub workers: usize,
    /// Guests that may live at the same time ([`INSTANCES`]); more wait, then are refused as
    /// `capacity`.
    pub instances: u32,
    /// The largest memory that any profile can grant, in bytes ([`MAX_MEMORY`]).
    pub max_memory: usize,
    /// Stack of a guest's own functions, in bytes ([`STACK`]); deeper ones end it as `stack-limit`.
    ///
    /// It is the same for all profiles, because wasmtime sets it for a whole engine. Only the pages
    /// that a guest touches are real.
    pub stack: usize,
    /// How many of the slots are warm ([`WARM`]).
    pub warm: u32,
    /// How long a start waits for a slot ([`PATIENCE`]).
    pub patience: Duration,
    /// How often a running guest can be interrupted ([`TICK`]).
    pub tick: Duration,
    /// How much lower guest threads are scheduled ([`NICE`]), 0 to 19.
    pub nice: i32,
}

impl Config {
    /// The defaults, with a worker for each processor.
    #[must_use]
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            instances: INSTANCES,
            max_memory: MAX_MEMORY,
            stack: STACK,
            warm: WARM,
            patience: PATIENCE,
            tick: TICK,
            nice: NICE,
        }
    }
}
