//! Guests: the interpreters that the server carries, and components that are scripts themselves.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ringfence_sandbox::{Guest, LoadError, Sandbox, State};
use tokio::sync::OnceCell;
use wasmtime::{
    AsContextMut,
    component::{HasSelf, Instance, TypedFunc},
};

use crate::{
    bindings::{
        Fault, Interpreter as World, InterpreterIndices, Invocation,
        component::{CallScript, CallScriptIndices},
    },
    host::Host,
    version::LuaVersion,
};

/// The export that builds the interpreter before the snapshot.
const PREPARE: &str = "prepare";
/// The export that runs a script: of interpreters, and of components that are the script.
const RUN: &str = "run";
/// What the names of interpreters begin with.
const INTERPRETER: &str = "lua-";

/// The component of a version.
fn carried(version: LuaVersion) -> &'static [u8] {
    match version {
        LuaVersion::V51 => include_bytes!(env!("LUA_5_1")),
        LuaVersion::V52 => include_bytes!(env!("LUA_5_2")),
        LuaVersion::V53 => include_bytes!(env!("LUA_5_3")),
        LuaVersion::V54 => include_bytes!(env!("LUA_5_4")),
    }
}

/// Whether a job's guest is one of the server's interpreters.
pub(crate) fn is_interpreter(guest: &str) -> bool {
    guest.starts_with(INTERPRETER)
}

/// A guest that can run scripts.
#[derive(Clone)]
pub(crate) struct Interpreter {
    pub(crate) guest: Guest<Host>,
}

/// The guests of one sandbox, each compiled when it is first needed.
#[derive(Clone)]
pub(crate) struct Guests {
    sandbox: Sandbox,
    loaded: Arc<ArcSwap<[OnceCell<Interpreter>; 4]>>,
}

impl Guests {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, loaded: Arc::default() }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Forgets the interpreters; those that are needed again come from the cache on disk.
    pub(crate) fn forget(&self) {
        self.loaded.store(Arc::default());
    }

    /// The guest for a version; takes about two seconds the first time that this machine sees it.
    pub(crate) async fn interpreter(&self, version: LuaVersion) -> Result<Interpreter, LoadError> {
        let loaded = self.loaded.load_full();
        let [v51, v52, v53, v54] = &*loaded;
        let cell = match version {
            LuaVersion::V51 => v51,
            LuaVersion::V52 => v52,
            LuaVersion::V53 => v53,
            LuaVersion::V54 => v54,
        };
        let interpreter = cell.get_or_try_init(|| async {
            let sandbox = self.sandbox.clone();
            let name = format!("{INTERPRETER}{version}");
            let loading = tokio::task::spawn_blocking({
                let name = name.clone();
                move || load(&sandbox, &name, version)
            });
            // A panic in there is a bug, told like any other reason.
            loading.await.unwrap_or_else(|error| {
                Err(LoadError::NotAComponent { guest: name, why: error.to_string() })
            })
        });
        interpreter.await.cloned()
    }
}

fn load(sandbox: &Sandbox, name: &str, version: LuaVersion) -> Result<Interpreter, LoadError> {
    let guest = sandbox.load::<Host>(
        name,
        carried(version),
        |linker| World::add_to_linker::<State<Host>, HasSelf<State<Host>>>(linker, |state| state),
        Some(PREPARE),
    )?;
    // Says now what would otherwise fail each run; a run looks them up in its own instance.
    InterpreterIndices::new(guest.instance_pre()).map_err(|error| misfit(name, &error))?;
    Ok(Interpreter { guest })
}

/// Makes a component that is a script ready: of the world `call-script`. Nothing of it is run.
pub(crate) fn component(
    sandbox: &Sandbox,
    name: &str,
    wasm: &[u8],
) -> Result<Guest<Host>, LoadError> {
    let guest = sandbox.load::<Host>(
        name,
        wasm,
        |linker| {
            CallScript::add_to_linker::<State<Host>, HasSelf<State<Host>>>(linker, |state| state)
        },
        None,
    )?;
    CallScriptIndices::new(guest.instance_pre()).map_err(|error| misfit(name, &error))?;
    Ok(guest)
}

fn misfit(name: &str, error: &wasmtime::Error) -> LoadError {
    LoadError::Imports { guest: name.to_owned(), why: format!("{error:#}") }
}

/// The export that runs a script.
type Run = TypedFunc<(Invocation,), (Result<(), Fault>,)>;

/// Finds the export in an instance. A component may export something else under its name.
pub(crate) fn run(
    store: impl AsContextMut<Data = State<Host>>,
    instance: &Instance,
) -> wasmtime::Result<Run> {
    instance
        .get_typed_func(store, RUN)
        .map_err(|error| error.context(format!("`{RUN}` is not what the world call-script says")))
}
