//! A component that is ready to be run.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};

use crate::cache::{Code, Key, hex};
use crate::sandbox::Sandbox;
use crate::snapshot;
use crate::state::State;
use crate::supervise::pause;
use crate::ticker::Ticker;

/// The first bytes of a component in binary form.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Why a guest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The bytes are something else.
    #[error("guest {guest}: this is not a WebAssembly component: {why}")]
    NotAComponent {
        /// The guest's name.
        guest: String,
        /// What was found.
        why: String,
    },
    /// The preparation trapped, ran too long, or does not exist.
    #[error("guest {guest}: its preparation '{function}' failed: {why}")]
    Snapshot {
        /// The guest's name.
        guest: String,
        /// The export that was run.
        function: String,
        /// What happened.
        why: String,
    },
    /// It imports what the host does not offer, or with another type.
    #[error("guest {guest}: it does not fit this server: {why}")]
    Imports {
        /// The guest's name.
        guest: String,
        /// Which import, and what is wrong with it.
        why: String,
    },
}

/// A compiled component with its preparation done and its imports bound. Clones are the same guest.
///
/// `T` is what the host keeps for each run ([`State::host`]).
pub struct Guest<T: 'static> {
    inner: Arc<Inner<T>>,
}

struct Inner<T: 'static> {
    name: Arc<str>,
    hash: String,
    /// One for each of the sandbox's pools.
    pres: Vec<InstancePre<State<T>>>,
}

impl<T> Guest<T> {
    /// As it was named, `lua-5.4`.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.inner.name
    }

    /// The SHA-256 of the component, in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.inner.hash
    }

    /// The component with its imports bound, to look at its exports.
    ///
    /// There is one for each pool of slots, and what is found in one (`bindgen!`'s indices) does not
    /// fit instances of the other: a run looks in its own instance.
    #[must_use]
    pub fn instance_pre(&self) -> &InstancePre<State<T>> {
        self.bound(0)
    }

    /// For one of the pools.
    pub(crate) fn bound(&self, pool: usize) -> &InstancePre<State<T>> {
        #[expect(clippy::indexing_slicing, reason = "slots come from the pools it was loaded for")]
        &self.inner.pres[pool]
    }

    /// A store for one run: limits, time slices, kill.
    pub(crate) fn store(
        &self,
        pool: usize,
        state: State<T>,
        ticker: &Arc<Ticker>,
    ) -> Store<State<T>>
    where
        T: Send,
    {
        let handles = state.job.profile.handles;
        let host_call = state.job.profile.host_call;
        let mut store = Store::new(self.bound(pool).engine(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_max_component_handles(handles);
        store.set_hostcall_fuel(host_call);
        store.set_epoch_deadline(1);
        let ticker = Arc::clone(ticker);
        store.epoch_deadline_callback(move |store| Ok(pause(&store, &ticker)));
        store
    }
}

impl<T> Clone for Guest<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T> fmt::Debug for Guest<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Guest")
            .field("name", &self.inner.name)
            .field("hash", &self.inner.hash)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Makes a component ready: runs its preparation, compiles it, binds its imports.
    ///
    /// Takes about two seconds, or a few milliseconds when the cache has it: call it off the threads
    /// that serve calls. WASI 0.2 is bound already; `link` adds the host's interfaces. `snapshot` is
    /// the export to run once before the memory is kept (`prepare`): it may ask for the time and for
    /// random numbers, nothing else.
    ///
    /// # Errors
    ///
    /// When the bytes are no component, the preparation fails, or an import is missing.
    pub fn load<T: Send + 'static>(
        &self,
        name: &str,
        wasm: &[u8],
        link: impl Fn(&mut Linker<State<T>>) -> wasmtime::Result<()>,
        snapshot: Option<&str>,
    ) -> Result<Guest<T>, LoadError> {
        let guest = || name.to_owned();
        if !wasm.starts_with(COMPONENT) {
            let why = if wasm.starts_with(b"\0asm") {
                "it is a core module; build it for wasm32-wasip2"
            } else {
                "it does not begin as one"
            };
            return Err(LoadError::NotAComponent { guest: guest(), why: why.to_owned() });
        }
        let key = Key::new(self.engine(), wasm, snapshot);
        let (code, kept) = match self.inner.cache.load(&key) {
            Some(code) => (code, true),
            None => (self.compile(name, wasm, snapshot)?, false),
        };
        let components = match self.components(&code) {
            Ok(components) => components,
            Err(error) if kept => {
                tracing::warn!("guest {name}: the cache has it for another system: {error:#}");
                let code = self.compile(name, wasm, snapshot)?;
                self.inner.cache.store(&key, &code);
                self.components(&code).map_err(|error| not_a_component(name, &error))?
            }
            Err(error) => return Err(not_a_component(name, &error)),
        };
        if !kept {
            self.inner.cache.store(&key, &code);
        }
        let bind = |component: &Component| {
            let mut linker = Linker::new(component.engine());
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
            link(&mut linker)?;
            linker.instantiate_pre(component)
        };
        let pres = components.iter().map(bind).collect::<Result<Vec<_>, _>>();
        let pres =
            pres.map_err(|error| LoadError::Imports { guest: guest(), why: format!("{error:#}") })?;
        let hash = hex(&Sha256::digest(wasm));
        Ok(Guest { inner: Arc::new(Inner { name: Arc::from(name), hash, pres }) })
    }

    /// The engine that compiles; the others take what it writes.
    fn engine(&self) -> &Engine {
        #[expect(clippy::indexing_slicing, reason = "there is always a warm pool")]
        &self.inner.pools[0].engine
    }

    fn components(&self, code: &Code) -> wasmtime::Result<Vec<Component>> {
        self.inner.pools.iter().map(|pool| code.component(&pool.engine)).collect()
    }

    fn compile(&self, name: &str, wasm: &[u8], snapshot: Option<&str>) -> Result<Code, LoadError> {
        let began = std::time::Instant::now();
        let prepared = match snapshot {
            None => None,
            Some(function) => Some(snapshot::take(wasm, function).map_err(|why| {
                LoadError::Snapshot { guest: name.to_owned(), function: function.to_owned(), why }
            })?),
        };
        let wasm = prepared.as_deref().unwrap_or(wasm);
        let code =
            Code::compile(self.engine(), wasm).map_err(|error| not_a_component(name, &error))?;
        tracing::info!("guest {name}: compiled in {:.1} s", began.elapsed().as_secs_f64());
        Ok(code)
    }
}

fn not_a_component(guest: &str, error: &wasmtime::Error) -> LoadError {
    LoadError::NotAComponent { guest: guest.to_owned(), why: format!("{error:#}") }
}
