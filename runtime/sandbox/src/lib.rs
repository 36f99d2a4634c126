//! WebAssembly guests: engines, instances, limits, kill, jobs. Knows no telephony.

mod cache;
mod clocks;
mod config;
mod directories;
mod ended;
mod engine;
mod environment;
mod guest;
mod job;
mod limiter;
mod output;
mod profile;
mod run;
mod sandbox;
mod snapshot;
mod state;
mod supervise;
mod table;
mod ticker;

pub use config::{Config, INSTANCES, MAX_MEMORY, NICE, PATIENCE, TICK};
pub use ended::{Cost, End, Ended, EndedBy};
pub use environment::check as environment;
pub use guest::{Guest, LoadError};
pub use job::{Entered, Job, JobInfo, JobState, Place, SOURCES};
pub use output::{Log, Output, Stream};
pub use profile::{Directory, HANDLES, HOST_CALL, LINE, MEMORY, OUTPUT, Profile, TABLE};
pub use run::{Calling, JobHandle, Refusal, Run, StartRefused};
pub use sandbox::{Sandbox, StartError};
pub use state::State;
pub use table::Statistics;
/// The engine's own types: stores, linkers, `bindgen!`.
pub use wasmtime;
