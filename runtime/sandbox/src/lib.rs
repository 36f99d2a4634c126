//! WebAssembly guests: engine, instances, limits, kill, jobs. Knows no telephony.
//!
//! Read [`Guest`] and [`Job`] first: a guest is a component that is ready to be run, a job is one
//! run of it.
//!
//! # The life of a run
//!
//! 1. [`Sandbox::load`] makes a component a [`Guest`], once (`load`): its preparation is run and the
//!    memory kept (`snapshot`), the result compiled and put on disk (`cache`), its imports bound.
//! 2. [`Sandbox::start`] counts it for its script and its [`Owner`], waits for a slot (`pools`) and
//!    starts a task on the guest threads (`run`). What the host needs for the run is *lent* to it:
//!    it is [`State::host`] to host functions, and comes back in [`Ended::host`] however the run ends.
//! 3. The task builds an instance from the snapshot and calls its export, always inside `supervise`:
//!    the loop that polls the guest, counts what it uses, and ends it for a kill, a limit, a deadline
//!    or a host function's panic. The guest is not asked: its stack is unwound where it stands.
//! 4. While it runs it is a [`Job`] in the one `table`: [`Sandbox::jobs`], [`Sandbox::kill`]. Host
//!    functions tell it where the script is ([`Job::at`]) and what it waits for ([`Job::enter`]).
//! 5. Its instance goes back to the pool, an [`Observer`] is told, [`Sandbox::script_statistics`]
//!    count it, then [`JobHandle::wait`] answers.
//!
//! Beside that way stand the accounts of one run (`meter`, `limiter`, `volume`, `handles`), what it sees
//! of the system (`clocks`, `directories`, `files`), and the `statistics` of all.
//!
//! # What ends it
//!
//! | [`EndedBy::name`] | by | limit in its [`Profile`] |
//! |---|---|---|
//! | `killed` | [`Job::kill`] from anywhere | |
//! | `wall-limit`, `cpu-limit` | time since its start; processor time | `wall`, `cpu` |
//! | `burst-limit` | processor time between two host calls | `burst` |
//! | `fuel-limit` | instructions | `fuel` |
//! | `host-call-limit` | host calls in a second | `host_calls` |
//! | `memory-limit` | growth was refused and it could not go on | `memory`; first a refusal that it can handle |
//! | `stack-limit` | functions that call each other without end | none: [`Config::stack`], for all |
//! | `handle-limit` | opening more after [`REFUSALS`] in a row; a full table of handles | `files`, `databases`, `commands`, `calls`, `consumers`, first refused; `handles` |
//! | `log-limit`, `output-limit` | [`FAR`] times too much in a minute | `log`, first refused; `output`, first thrown away |
//! | a name of the host's | a host function that answers an [`End`]; [`Job::end_at`] | |
//! | `trap` | itself; or too much in one host call | `host_call` |
//! | `exit` | itself | |
//! | `start-failed` | its instance cannot be built | |
//! | `host-bug` | a panic in a host function | |
//! | `sandbox-gone` | the last [`Sandbox`] was dropped | |
//!
//! And before it starts:
//!
//! | [`Refusal::name`] | by | limit |
//! |---|---|---|
//! | `capacity` | no slot came free in [`Config::patience`] | [`Config::instances`] |
//! | `script-instances`, `owner-instances` | too many of one script, for one owner | `of_script`, `of_owner` |
//! | `nested-limit` | too many scripts within each other | `nested` |
//! | `ending` | the run that starts it is being ended | |
//! | `closed` | [`Sandbox::close`] | |
//! | `start-failed` | no engine that counts fuel | |
//!
//! # Threads
//!
//! Guests have threads of their own, `guest-0` and on, at a lower priority than the rest of the
//! server ([`Config::nice`]), with two queues (`threads`): guests that computed for a whole tick
//! stand behind all that have something short to do. One more thread, `guest-tick`, makes running
//! guests pause every millisecond ([`Config::tick`]); it sleeps while none runs. Timers and file
//! operations are on `guest-io` and its pool, so that a slow disk holds up no guest thread, and a kill
//! no guest that waits for one. [`Sandbox::on`] has no threads but the ticking one: with a paused
//! clock it is the simulator's.
//!
//! # Cost
//!
//! | what | costs |
//! |---|---|
//! | epochs, that kill and deadlines rest on | a quarter more processor time in the guest |
//! | a tick of 1 ms | one wake-up a millisecond while a guest runs |
//! | a kill | 0.1 ms while it waits, 0.3 while it computes, however many others do (`--example start`) |
//! | all limits but `fuel` | nothing in a host call; 0.1 µs each tick of a guest that computes |
//! | `fuel` | as much again as epochs, and an engine of its own |
//! | a slot ([`Config::instances`]) | 9 GiB of address space; once used, up to 6 memory mappings ([`environment`]) |
//! | [`Job::at`], [`Job::count`], [`Job::enter`] | 2, 2 and 40 ns |
//! | backtraces of wasmtime's errors, which are off | 25 µs for each Lua error ([`environment`]) |
//! | the snapshot's pages, in a process's RSS | 128 kB a guest, though all share them |
//!
//! Memory goes back to the system with the guests, but for what [`Config::warm`] slots keep;
//! [`Sandbox::release`] gives back that, too.

mod cache;
mod clocks;
mod config;
mod deadline;
mod directories;
mod ended;
mod engine;
mod environment;
mod files;
mod guest;
mod handles;
mod histogram;
mod job;
mod limiter;
mod load;
mod meter;
mod observer;
mod output;
mod owner;
mod pools;
mod profile;
mod refusal;
mod run;
mod sandbox;
mod snapshot;
mod state;
mod statistics;
mod supervise;
mod table;
mod threads;
mod ticker;
mod volume;

pub use config::{Config, INSTANCES, MAX_MEMORY, NICE, PATIENCE, STACK, TICK, WARM};
pub use ended::{Cost, End, Ended, EndedBy};
pub use environment::check as environment;
pub use guest::Guest;
pub use handles::{Handle, LimitReached, OpenHandle, REFUSALS};
pub use job::{Entered, Job, JobInfo, JobState, LOG_LINE, Place, SOURCES};
pub use load::LoadError;
pub use observer::{Observer, Outcome};
pub use output::{Log, Output, Stream};
pub use owner::Owner;
pub use profile::{
    CALLS, COMMANDS, CONSUMERS, DATABASES, Directory, FILES, HANDLES, HOST_CALL, LINE, LOG, MEMORY,
    NESTED, OF_OWNER, OUTPUT, Profile, TABLE,
};
pub use refusal::{Refusal, StartRefused};
pub use run::{Calling, JobHandle, Run};
pub use sandbox::{Sandbox, StartError};
pub use state::State;
pub use statistics::{LastError, OTHERS, ROWS, ScriptStatistics, Statistics};
pub use volume::FAR;
/// The engine's own types: stores, linkers, `bindgen!`.
pub use wasmtime;
