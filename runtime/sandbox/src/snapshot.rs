//! Running a guest's preparation once, and keeping what it left in memory.
//!
//! A snapshotted interpreter starts with its tables built: 50 µs instead of 250.

use std::thread;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceTable, ResourceType};
use wasmtime::{Engine, OptLevel, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wizer::Wizer;

/// What the preparation may compute, in instructions: minutes of a slow interpreter's start.
///
/// Counted, not timed, so that a busy machine does not fail it.
const FUEL: u64 = 20_000_000_000;
/// The memory that the preparation may use, in bytes.
const MEMORY: usize = 256 << 20;

/// Runs `function` (no arguments, no result) in a fresh instance and answers the component with
/// its memory as it was left.
///
/// The function may ask for the time and for random numbers; there are no files, and every other
/// import ends it. What it drew at random is the same in all instances: the host must give each
/// run a seed of its own.
pub(crate) fn take(wasm: &[u8], function: &str) -> Result<Vec<u8>, String> {
    // A thread of its own: the caller may be inside a runtime, where another cannot be entered.
    thread::scope(|scope| {
        let taken = thread::Builder::new()
            .name("guest-snapshot".into())
            .spawn_scoped(scope, || run(wasm, function).map_err(|error| format!("{error:#}")));
        match taken.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err("the snapshot panicked; its message is above".to_owned()),
            Err(error) => Err(format!("no thread: {error}")),
        }
    })
}

fn run(wasm: &[u8], function: &str) -> wasmtime::Result<Vec<u8>> {
    let mut settings = wasmtime::Config::new();
    settings
        .cranelift_opt_level(OptLevel::None)
        .consume_fuel(true)
        .wasm_exceptions(true)
        .concurrency_support(false);
    let engine = Engine::new(&settings)?;
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
    let mut store = Store::new(
        &engine,
        Preparation { wasi: WasiCtx::default(), table: ResourceTable::new(), limits },
    );
    store.limiter(|preparation| &mut preparation.limits);
    store.set_fuel(FUEL)?;
    let mut wizer = Wizer::new();
    // The world exports it, so it must stay.
    wizer.init_func(function).keep_init_func(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (snapshot, _) = runtime.block_on(wizer.run_component(
        &mut store,
        wasm,
        async |store: &mut Store<Preparation>, component: &Component| {
            let mut linker = Linker::new(component.engine());
            wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
            refuse_the_rest(&mut linker, component)?;
            linker.instantiate_async(store, component).await
        },
    ))?;
    Ok(snapshot)
}

/// Lets every import that is not WASI's end the preparation.
///
/// (wasmtime's own `define_unknown_imports_as_traps` would also stub WASI's older versions, which
/// the linker offers under the newer name.)
fn refuse_the_rest(
    linker: &mut Linker<Preparation>,
    component: &Component,
) -> wasmtime::Result<()> {
    let engine = component.engine();
    let component = component.component_type();
    for (name, import) in component.imports(engine) {
        match import.ty {
            _ if name.starts_with("wasi:") => {}
            ComponentItem::ComponentInstance(instance) => {
                let mut interface = linker.instance(name)?;
                for (export, item) in instance.exports(engine) {
                    refuse(&mut interface, name, export, &item.ty)?;
                }
            }
            item => refuse(&mut linker.root(), "", name, &item)?,
        }
    }
    Ok(())
}

fn refuse(
    interface: &mut LinkerInstance<'_, Preparation>,
    of: &str,
    name: &str,
    item: &ComponentItem,
) -> wasmtime::Result<()> {
    match item {
        ComponentItem::ComponentFunc(_) => {
            let called = format!("{of} {name}");
            interface.func_new(name, move |_, _, _, _| {
                wasmtime::bail!("it called the host ({}); it must not", called.trim())
            })
        }
        ComponentItem::Resource(_) => {
            interface.resource(name, ResourceType::host::<()>(), |_, _| Ok(()))
        }
        // Types; and what no linker can offer, which is reported when the instance is built.
        _ => Ok(()),
    }
}

struct Preparation {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for Preparation {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
