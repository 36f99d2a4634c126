//! A component that is ready to be run.

use std::fmt;
use std::sync::Arc;

use tokio::sync::OnceCell;
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::load::{LoadError, Source};
use crate::pools::Pools;
use crate::state::State;
use crate::supervise::pause;
use crate::ticker::Ticker;

/// A compiled component with its preparation done and its imports bound. Clones are the same guest.
///
/// `T` is what the host keeps for each run ([`State::host`]).
pub struct Guest<T: 'static> {
    inner: Arc<Inner<T>>,
}

struct Inner<T: 'static> {
    source: Source<T>,
    hash: String,
    /// One for each of the pools.
    bound: Vec<InstancePre<State<T>>>,
    /// For the engine that counts fuel.
    fuel: OnceCell<InstancePre<State<T>>>,
    /// Dropped after everything that was loaded into them.
    pools: Arc<Pools>,
}

impl<T> Guest<T> {
    pub(crate) fn new(
        source: Source<T>,
        hash: String,
        pools: Arc<Pools>,
        bound: Vec<InstancePre<State<T>>>,
    ) -> Self {
        let fuel = OnceCell::new();
        Self { inner: Arc::new(Inner { source, hash, bound, fuel, pools }) }
    }

    /// As it was named, `lua-5.4`.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.inner.source.name
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

    /// The slots that its instances live in.
    pub(crate) fn pools(&self) -> &Pools {
        &self.inner.pools
    }

    /// For one of the pools.
    pub(crate) fn bound(&self, pool: usize) -> &InstancePre<State<T>> {
        #[expect(clippy::indexing_slicing, reason = "slots come from the pools it was loaded for")]
        &self.inner.bound[pool]
    }

    /// For the engine that counts fuel, compiled on the blocking pool when the first run asks.
    pub(crate) async fn fueled(&self) -> Result<&InstancePre<State<T>>, LoadError>
    where
        T: Send,
    {
        let make = || async {
            let inner = Arc::clone(&self.inner);
            let bound =
                tokio::task::spawn_blocking(move || inner.source.bind_fuel(&inner.pools)).await;
            bound.unwrap_or_else(|error| {
                let why = format!("the server is going down: {error}");
                Err(LoadError::NoRoom { guest: self.name().to_string(), why })
            })
        };
        self.inner.fuel.get_or_try_init(make).await
    }
}

/// A store for one run: limits, time slices, kill.
pub(crate) fn store<T: Send + 'static>(
    bound: &InstancePre<State<T>>,
    state: State<T>,
    ticker: &Arc<Ticker>,
) -> wasmtime::Result<Store<State<T>>> {
    let profile = Arc::clone(&state.job.profile);
    let mut store = Store::new(bound.engine(), state);
    store.limiter(|state| &mut state.limiter);
    // The host's table of handles is full before, and says so by an error of its own. Wasmtime
    // counts what is lent for a call as well, and what components make for each other.
    store.set_max_component_handles(profile.handles.saturating_mul(2));
    store.set_hostcall_fuel(profile.host_call);
    if let Some(fuel) = profile.fuel {
        store.set_fuel(fuel)?;
    }
    store.set_epoch_deadline(1);
    let ticker = Arc::clone(ticker);
    store.epoch_deadline_callback(move |store| Ok(pause(&store, &ticker)));
    Ok(store)
}

impl<T> Clone for Guest<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T> fmt::Debug for Guest<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Guest")
            .field("name", self.name())
            .field("hash", &self.inner.hash)
            .finish_non_exhaustive()
    }
}
