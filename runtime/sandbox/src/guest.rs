//! A component that is ready to be run.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::cache::{Key, hex};
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
    pre: InstancePre<State<T>>,
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

    /// The component with its imports bound; for `bindgen!`'s indices.
    #[must_use]
    pub fn instance_pre(&self) -> &InstancePre<State<T>> {
        &self.inner.pre
    }

    /// A store for one run: limits, time slices, kill.
    pub(crate) fn store(&self, state: State<T>, ticker: &Arc<Ticker>) -> Store<State<T>>
    where
        T: Send,
    {
        let handles = state.job.profile.handles;
        let host_call = state.job.profile.host_call;
        let mut store = Store::new(self.inner.pre.engine(), state);
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
        link: impl FnOnce(&mut Linker<State<T>>) -> wasmtime::Result<()>,
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
        let engine = &self.inner.engine;
        let key = Key::new(engine, wasm, snapshot);
        let component = match self.inner.cache.load(engine, &key) {
            Some(component) => component,
            None => self.compile(name, wasm, snapshot, &key)?,
        };
        let imports = |error| LoadError::Imports { guest: guest(), why: format!("{error:#}") };
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(imports)?;
        link(&mut linker).map_err(imports)?;
        let pre = linker.instantiate_pre(&component).map_err(imports)?;
        let hash = hex(&Sha256::digest(wasm));
        Ok(Guest { inner: Arc::new(Inner { name: Arc::from(name), hash, pre }) })
    }

    fn compile(
        &self,
        name: &str,
        wasm: &[u8],
        snapshot: Option<&str>,
        key: &Key,
    ) -> Result<Component, LoadError> {
        let began = std::time::Instant::now();
        let prepared = match snapshot {
            None => None,
            Some(function) => Some(snapshot::take(wasm, function).map_err(|why| {
                LoadError::Snapshot { guest: name.to_owned(), function: function.to_owned(), why }
            })?),
        };
        let wasm = prepared.as_deref().unwrap_or(wasm);
        let not_a_component = |error: wasmtime::Error| LoadError::NotAComponent {
            guest: name.to_owned(),
            why: format!("{error:#}"),
        };
        let component = Component::new(&self.inner.engine, wasm).map_err(not_a_component)?;
        tracing::info!("guest {name}: compiled in {:.1} s", began.elapsed().as_secs_f64());
        match component.serialize() {
            Ok(code) => self.inner.cache.store(key, &code),
            Err(error) => tracing::warn!("guest {name}: cannot be kept: {error:#}"),
        }
        Ok(component)
    }
}
