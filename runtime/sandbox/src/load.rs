//! From a component's bytes to a guest that can be run.

use std::sync::Arc;

use ringfence_text::hex;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::cache::{Cache, Code, Key};
use crate::files;
use crate::guest::Guest;
use crate::pools::Pools;
use crate::sandbox::Sandbox;
use crate::snapshot;
use crate::state::State;

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
    /// There is no room for its instances (after [`Sandbox::release`], or for those that count fuel).
    #[error("guest {guest}: the system has no room for its instances: {why}")]
    NoRoom {
        /// The guest's name.
        guest: String,
        /// What wasmtime said.
        why: String,
    },
}

/// Adds the host's interfaces.
type Link<T> = Arc<dyn Fn(&mut Linker<State<T>>) -> wasmtime::Result<()> + Send + Sync>;

/// What a guest is made of; kept, because an engine that counts fuel needs it once more.
pub(crate) struct Source<T: 'static> {
    pub(crate) name: Arc<str>,
    wasm: Vec<u8>,
    snapshot: Option<String>,
    link: Link<T>,
    cache: Arc<Cache>,
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
    /// When the bytes are no component, the preparation fails, an import is missing, or the system
    /// has no room.
    pub fn load<T: Send + 'static>(
        &self,
        name: &str,
        wasm: &[u8],
        link: impl Fn(&mut Linker<State<T>>) -> wasmtime::Result<()> + Send + Sync + 'static,
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
        let pools = self
            .inner
            .pools
            .pools(&self.inner.config, &self.inner.ticker)
            .map_err(|error| LoadError::NoRoom { guest: guest(), why: format!("{error:#}") })?;
        let source = Source {
            name: Arc::from(name),
            wasm: wasm.to_vec(),
            snapshot: snapshot.map(str::to_owned),
            link: Arc::new(link),
            cache: Arc::clone(&self.inner.cache),
        };
        let engines: Vec<_> = pools.all.iter().map(|pool| &pool.engine).collect();
        let bound = source.bind(&engines)?;
        Ok(Guest::new(source, hex(&Sha256::digest(wasm)), pools, bound))
    }
}

impl<T: Send + 'static> Source<T> {
    /// Compiles for the first of the engines, and binds for each; they have the same settings.
    fn bind(&self, engines: &[&Engine]) -> Result<Vec<InstancePre<State<T>>>, LoadError> {
        let Some(compiling) = engines.first() else { return Ok(Vec::new()) };
        let key = Key::new(compiling, &self.wasm, self.snapshot.as_deref());
        let (code, kept) = match self.cache.load(&key) {
            Some(code) => (code, true),
            None => (self.compile(compiling)?, false),
        };
        let components = |code: &Code| -> wasmtime::Result<Vec<Component>> {
            engines.iter().map(|engine| code.component(engine)).collect()
        };
        let components = match components(&code) {
            Ok(components) => components,
            Err(error) if kept => {
                tracing::warn!(
                    "guest {}: the cache has it for another system: {error:#}",
                    self.name
                );
                let code = self.compile(compiling)?;
                self.cache.store(&key, &code);
                components(&code).map_err(|error| self.not_a_component(&error))?
            }
            Err(error) => return Err(self.not_a_component(&error)),
        };
        if !kept {
            self.cache.store(&key, &code);
        }
        let bind = |component: &Component| {
            let mut linker = Linker::new(component.engine());
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
            files::limit(&mut linker)?;
            (self.link)(&mut linker)?;
            linker.instantiate_pre(component)
        };
        let bound = components.iter().map(bind).collect::<Result<Vec<_>, _>>();
        bound.map_err(|error| LoadError::Imports {
            guest: self.name.to_string(),
            why: format!("{error:#}"),
        })
    }

    /// For the engine that counts fuel. Blocks for as long as a load.
    pub(crate) fn bind_fuel(&self, pools: &Pools) -> Result<InstancePre<State<T>>, LoadError> {
        let no_room = |why: String| LoadError::NoRoom { guest: self.name.to_string(), why };
        let engine = pools.fuel().map_err(|error| no_room(format!("{error:#}")))?;
        self.bind(&[&engine])?.pop().ok_or_else(|| no_room("there is no engine".to_owned()))
    }

    fn compile(&self, engine: &Engine) -> Result<Code, LoadError> {
        let began = std::time::Instant::now();
        let prepared = match self.snapshot.as_deref() {
            None => None,
            Some(function) => {
                Some(snapshot::take(&self.wasm, function).map_err(|why| LoadError::Snapshot {
                    guest: self.name.to_string(),
                    function: function.to_owned(),
                    why,
                })?)
            }
        };
        let wasm = prepared.as_deref().unwrap_or(&self.wasm);
        let code = Code::compile(engine, wasm).map_err(|error| self.not_a_component(&error))?;
        tracing::info!("guest {}: compiled in {:.1} s", self.name, began.elapsed().as_secs_f64());
        Ok(code)
    }

    fn not_a_component(&self, error: &wasmtime::Error) -> LoadError {
        LoadError::NotAComponent { guest: self.name.to_string(), why: format!("{error:#}") }
    }
}
