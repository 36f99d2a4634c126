//! What a run keeps on the host's side.

use std::collections::HashMap;
use std::sync::Arc;

use ringfence_rim::Clock;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::clocks::{Monotonic, Wall};
use crate::handles::OpenHandle;
use crate::job::Job;
use crate::limiter::Limiter;
use crate::output::{Output, Pipe, Sink, Stream};

/// The longest random bytes that a guest may ask for at once.
const RANDOM: u64 = 64 << 10;

/// The store's data: the host's own (`T`), and what the sandbox keeps for every run.
///
/// Host functions are implemented on it: `impl session::Host for State<MyHost>`.
pub struct State<T> {
    /// What the starter lent to the run.
    pub host: T,
    /// The handles of the guest: sessions, files, timers.
    pub table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) limiter: Limiter,
    pub(crate) job: Arc<Job>,
    pub(crate) sink: Arc<Sink>,
    /// The account of each file that the guest opened, by its place in the table.
    pub(crate) files: HashMap<u32, OpenHandle>,
}

impl<T> State<T> {
    pub(crate) fn new(
        host: T,
        job: &Arc<Job>,
        clock: Clock,
        output: Arc<dyn Output>,
        directories: WasiFilesystemCtx,
    ) -> Self {
        let sink = Sink::new(Arc::clone(job), output);
        let mut builder = WasiCtx::builder();
        builder
            .stdout(Pipe { sink: Arc::clone(&sink), stream: Stream::Stdout })
            .stderr(Pipe { sink: Arc::clone(&sink), stream: Stream::Stderr })
            .wall_clock(Wall(clock))
            .monotonic_clock(Monotonic(job.origin))
            .max_random_size(RANDOM)
            .envs(&job.profile.environment);
        let mut wasi = builder.build();
        *wasi.filesystem() = directories;
        let mut table = ResourceTable::new();
        table.set_max_capacity(job.profile.handles);
        Self {
            host,
            table,
            wasi,
            limiter: Limiter::new(Arc::clone(job)),
            job: Arc::clone(job),
            sink,
            files: HashMap::new(),
        }
    }

    /// The run, for host functions to report to.
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }
}

impl<T: Send> WasiView for State<T> {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
