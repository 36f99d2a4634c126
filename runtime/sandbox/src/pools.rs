//! The slots that instances live in.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Engine;

use crate::config::Config;
use crate::engine::{self, Kind};
use crate::sandbox::Sandbox;
use crate::ticker::Ticker;

/// An engine and its free slots.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) engine: Engine,
    slots: Arc<Semaphore>,
}

/// A slot of one of the pools, free again when dropped.
pub(crate) struct Slot {
    pub(crate) pool: usize,
    _permit: OwnedSemaphorePermit,
}

/// All slots. They go back to the system with the last guest that was loaded into them.
#[derive(Debug)]
pub(crate) struct Pools {
    /// One for each run that may be there: as many as slots. A run has its place from its start on,
    /// and a slot only while its guest exists: of a thousand that are started at once, those that
    /// have not had their first turn leave the warm slots to those that have.
    pub(crate) places: Arc<Semaphore>,
    /// The warm one first; a cold one when there are more guests than it holds.
    pub(crate) all: Vec<Pool>,
    config: Config,
    ticker: Arc<Ticker>,
    /// The engine that counts fuel, made when the first run asks for it.
    ///
    /// Its runs take their place among the others' slots, so it needs no account of its own.
    fuel: Mutex<Option<Engine>>,
}

impl Pools {
    pub(crate) fn new(config: &Config, ticker: &Arc<Ticker>) -> wasmtime::Result<Self> {
        let warm = config.warm.clamp(1, config.instances);
        let pool = |n: u32, kind| -> wasmtime::Result<Pool> {
            let engine = engine::build(config, n, kind)?;
            ticker.add(&engine);
            Ok(Pool { engine, slots: Arc::new(Semaphore::new(n as usize)) })
        };
        let mut all = vec![pool(warm, Kind::Warm)?];
        if config.instances > warm {
            all.push(pool(config.instances - warm, Kind::Cold)?);
        }
        Ok(Self {
            places: Arc::new(Semaphore::new(config.instances as usize)),
            all,
            config: config.clone(),
            ticker: Arc::clone(ticker),
            fuel: Mutex::new(None),
        })
    }

    /// A slot for the guest of a run that has its place, a warm one if there is one.
    pub(crate) fn slot(&self) -> Slot {
        // Whoever has a place leaves a slot free for it; it may only be another one than a moment
        // ago, when a run ends and one begins between two looks.
        loop {
            for (pool, Pool { slots, .. }) in self.all.iter().enumerate() {
                if let Ok(permit) = Arc::clone(slots).try_acquire_owned() {
                    return Slot { pool, _permit: permit };
                }
            }
            std::thread::yield_now();
        }
    }

    /// The engine that counts fuel.
    pub(crate) fn fuel(&self) -> wasmtime::Result<Engine> {
        let mut fuel = self.fuel.lock();
        if let Some(engine) = &*fuel {
            return Ok(engine.clone());
        }
        let engine = engine::build(&self.config, self.config.instances, Kind::Fuel)?;
        self.ticker.add(&engine);
        Ok(fuel.insert(engine).clone())
    }
}

/// The pools of a sandbox, while it has any.
pub(crate) struct Current(Mutex<Option<Arc<Pools>>>);

impl Current {
    pub(crate) fn new(pools: Pools) -> Self {
        Self(Mutex::new(Some(Arc::new(pools))))
    }

    /// The pools; makes them anew after a release.
    pub(crate) fn pools(
        &self,
        config: &Config,
        ticker: &Arc<Ticker>,
    ) -> wasmtime::Result<Arc<Pools>> {
        let mut current = self.0.lock();
        if let Some(pools) = &*current {
            return Ok(Arc::clone(pools));
        }
        let pools = Arc::new(Pools::new(config, ticker)?);
        Ok(Arc::clone(current.insert(pools)))
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Current").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Gives all slots back to the system, with what they kept; false while a job lives.
    ///
    /// They go with the last [`Guest`](crate::Guest) that was loaded into them, so drop those too.
    /// The next [`load`](Self::load) makes new ones. Unmapping ten thousand slots takes some
    /// milliseconds: the last guest is best dropped off the threads that serve calls.
    pub fn release(&self) -> bool {
        let mut current = self.inner.pools.0.lock();
        let idle = self.inner.table.is_empty();
        if idle {
            *current = None;
        }
        idle
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn guests_get_warm_slots_while_there_are_some() {
        let ticker = Arc::new(Ticker::start(Duration::from_millis(1)).unwrap());
        let config = Config { instances: 3, warm: 2, ..Config::new("unused") };
        let pools = Pools::new(&config, &ticker).unwrap();
        assert_eq!(pools.places.available_permits(), 3);
        let mut taken: Vec<Slot> = (0..3).map(|_| pools.slot()).collect();
        assert_eq!(taken.iter().map(|slot| slot.pool).collect::<Vec<_>>(), [0, 0, 1]);
        taken.remove(0);
        assert_eq!(pools.slot().pool, 0);
    }
}
