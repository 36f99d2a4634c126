//! wasmtime's settings.
//!
//! Each of them was measured, or is needed for a guest that throws exceptions (Lua's errors). One
//! engine pauses guests by epochs; an engine that counts fuel differs in two lines here and is what
//! a guest is loaded with.

use wasmtime::{
    Collector, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

use crate::config::Config;

/// Stack for the guest's own frames, in bytes.
///
/// Lua answers endless recursion with an error of its own when it has this much; with half of it
/// the guest traps first.
const WASM_STACK: usize = 512 << 10;
/// Stack of a run, host functions included, in bytes. Only touched pages are real.
const STACK: usize = 1 << 20;
/// What is kept of a used stack for the next guest, in bytes; the rest goes back to the system.
///
/// Zeroing this much costs less than the page faults after giving it back.
const STACK_KEPT: usize = 16 << 10;
/// What is kept of a used memory for the next guest, in bytes.
///
/// With `PAGEMAP_SCAN` (Linux 6.7) only touched pages are reset; it halves the time of a start.
const MEMORY_KEPT: usize = 1 << 20;
/// What is kept of used tables, in bytes.
const TABLE_KEPT: usize = 64 << 10;
/// Free slots that stay warm. They hold what the last guest touched, about 150 kB each; beyond
/// them memory is given back when a guest ends.
const WARM: u32 = 100;
/// Core instances in one component: the interpreter's module, and what the tools wrap around it.
const MODULES: u32 = 4;
/// Tables in one component.
const TABLES: u32 = 4;
/// Elements of one table that the pool has room for; profiles allow at most as many.
pub(crate) const TABLE_ELEMENTS: usize = 20_000;
/// Memories in one component. Only one in most; a component of several languages has more, and
/// takes the slots of others then.
const MEMORIES: u32 = 4;
/// wasmtime's own record of an instance, in bytes.
const INSTANCE_RECORD: usize = 1 << 20;

/// The engine that guests run on.
pub(crate) fn build(config: &Config) -> wasmtime::Result<Engine> {
    let n = config.instances;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(n)
        .total_core_instances(n.saturating_mul(MODULES))
        // A guest that can throw gets a garbage-collected heap, which takes a memory slot.
        .total_memories(n.saturating_mul(2))
        .total_gc_heaps(n)
        .total_tables(n.saturating_mul(TABLES))
        .total_stacks(n)
        .max_core_instances_per_component(MODULES)
        .max_tables_per_component(TABLES)
        .max_memories_per_component(MEMORIES)
        .max_component_instance_size(INSTANCE_RECORD)
        .max_core_instance_size(INSTANCE_RECORD)
        .max_memory_size(config.max_memory)
        .table_elements(TABLE_ELEMENTS)
        .max_unused_warm_slots(WARM)
        .linear_memory_keep_resident(MEMORY_KEPT)
        .table_keep_resident(TABLE_KEPT)
        .async_stack_keep_resident(STACK_KEPT)
        .pagemap_scan(Enabled::Auto);

    let mut settings = wasmtime::Config::new();
    settings
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(STACK)
        // A stack may hold what the last guest knew; and used ones would never be given back.
        .async_stack_zeroing(true)
        .wasm_exceptions(true)
        // Each throw allocates; the collector that never frees ends a guest after some million.
        .collector(Collector::Copying)
        // Guests make one call at a time; this is the cheaper bookkeeping.
        .concurrency_support(false);
    Engine::new(&settings)
}
