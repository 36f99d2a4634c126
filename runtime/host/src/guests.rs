//! The components that the server carries.

use std::sync::Arc;

use ringfence_sandbox::{Guest, LoadError, Sandbox, State};
use tokio::sync::OnceCell;
use wasmtime::component::HasSelf;

use crate::{
    bindings::{CallScript, CallScriptIndices},
    host::Host,
    version::LuaVersion,
};

/// The export that builds the interpreter before the snapshot.
const PREPARE: &str = "prepare";

/// The component of a version.
fn component(version: LuaVersion) -> &'static [u8] {
    match version {
        LuaVersion::V51 => include_bytes!(env!("LUA_5_1")),
        LuaVersion::V52 => include_bytes!(env!("LUA_5_2")),
        LuaVersion::V53 => include_bytes!(env!("LUA_5_3")),
        LuaVersion::V54 => include_bytes!(env!("LUA_5_4")),
    }
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
    loaded: Arc<[OnceCell<Interpreter>; 4]>,
}

impl Guests {
    pub(crate) fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, loaded: Arc::default() }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The guest for a version; takes about two seconds the first time that this machine sees it.
    pub(crate) async fn interpreter(&self, version: LuaVersion) -> Result<&Interpreter, LoadError> {
        let [v51, v52, v53, v54] = &*self.loaded;
        let cell = match version {
            LuaVersion::V51 => v51,
            LuaVersion::V52 => v52,
            LuaVersion::V53 => v53,
            LuaVersion::V54 => v54,
        };
        cell.get_or_try_init(|| async {
            let sandbox = self.sandbox.clone();
            let name = format!("lua-{version}");
            let loading = tokio::task::spawn_blocking({
                let name = name.clone();
                move || load(&sandbox, &name, version)
            });
            // A panic in there is a bug, told like any other reason.
            loading.await.unwrap_or_else(|error| {
                Err(LoadError::NotAComponent { guest: name, why: error.to_string() })
            })
        })
        .await
    }
}

fn load(sandbox: &Sandbox, name: &str, version: LuaVersion) -> Result<Interpreter, LoadError> {
    let guest = sandbox.load::<Host>(
        name,
        component(version),
        |linker| {
            CallScript::add_to_linker::<State<Host>, HasSelf<State<Host>>>(linker, |state| state)
        },
        Some(PREPARE),
    )?;
    // Says now what would otherwise fail each run; a run looks them up in its own instance.
    CallScriptIndices::new(guest.instance_pre()).map_err(|error| LoadError::Imports {
        guest: name.to_owned(),
        why: format!("{error:#}"),
    })?;
    Ok(Interpreter { guest })
}
