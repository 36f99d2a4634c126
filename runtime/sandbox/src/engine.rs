//! wasmtime's settings.
//!
//! Each of them was measured, or is needed for a guest that throws exceptions (Lua's errors). The
//! engines pause guests by epochs; one that counts fuel as well is made when a profile asks for it.
//!
//! The others are two, which differ in what they keep of a used slot: wasmtime decides that for a whole
//! engine. *Warm* slots keep what the last guest touched, and a start takes half the time. *Cold*
//! ones give everything back. The first [`Config::warm`] guests get warm slots, so that short scripts start
//! fast and a thousand calls that end leave no memory behind.
//!
//! | Lua 5.4 with a session only, start to answer to end | processor time | kept of a slot |
//! |---|---|---|
//! | warm | 48 µs | 127 kB |
//! | cold | 130 µs | nothing |

use wasmtime::{
    Collector, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

use crate::config::Config;

/// Stack of a run for host functions, in bytes, beside the guest's own.
const HOST_STACK: usize = 512 << 10;
/// What a warm slot keeps of a stack for the next guest, in bytes; the rest goes back to the system.
///
/// Zeroing this much costs less than the page faults after giving it back.
const STACK_KEPT: usize = 16 << 10;
/// What a warm slot keeps of a memory, in bytes.
///
/// With `PAGEMAP_SCAN` (Linux 6.7) only touched pages are reset.
const MEMORY_KEPT: usize = 1 << 20;
/// What a warm slot keeps of tables, in bytes.
const TABLE_KEPT: usize = 64 << 10;
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

/// What an engine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Keeps what a guest touched for the next one.
    Warm,
    /// Gives everything back.
    Cold,
    /// Gives everything back, counts fuel, and reserves no more address space than memories can
    /// have: a check at each access is the smaller part of its cost.
    Fuel,
}

/// An engine with `n` slots.
pub(crate) fn build(config: &Config, n: u32, kind: Kind) -> wasmtime::Result<Engine> {
    let keep = |bytes| if kind == Kind::Warm { bytes } else { 0 };
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
        // wasmtime's own preference for slots that ran the same guest; there are no others.
        .max_unused_warm_slots(n)
        .linear_memory_keep_resident(keep(MEMORY_KEPT))
        .table_keep_resident(keep(TABLE_KEPT))
        .async_stack_keep_resident(keep(STACK_KEPT))
        .pagemap_scan(Enabled::Auto);

    let mut settings = wasmtime::Config::new();
    settings
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(config.stack)
        .async_stack_size(config.stack.saturating_add(HOST_STACK))
        // A stack may hold what the last guest knew; and used ones would never be given back.
        .async_stack_zeroing(true)
        .wasm_exceptions(true)
        // Each throw allocates; the collector that never frees ends a guest after some million.
        .collector(Collector::Copying)
        // Guests make one call at a time; this is the cheaper bookkeeping.
        .concurrency_support(false);
    if kind == Kind::Fuel {
        let reserved = u64::try_from(config.max_memory).unwrap_or(u64::MAX);
        settings.consume_fuel(true).memory_reservation(reserved).memory_guard_size(0);
    }
    Engine::new(&settings)
}
