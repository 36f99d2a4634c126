//! `divert_events`: events that are sent to a call and come to the connection that controls it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_switch::event::Event;
use tokio::sync::mpsc;

/// Diverted events that wait for one connection; further ones go to the call.
const MAX_WAITING: usize = 100;

/// Which calls' events are diverted, and to whom. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diversions(Arc<Mutex<HashMap<Arc<str>, mpsc::Sender<Event>>>>);

/// One connection's end; dropping it ends the diversion.
#[derive(Debug)]
pub(crate) struct Diversion {
    all: Diversions,
    call: Arc<str>,
    own: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
}

impl Diversions {
    /// Diverts the events of that call from now on; the last connection to ask has them.
    pub(crate) fn begin(&self, call: &Arc<str>) -> Diversion {
        let (own, events) = mpsc::channel(MAX_WAITING);
        self.0.lock().insert(Arc::clone(call), own.clone());
        Diversion { all: self.clone(), call: Arc::clone(call), own, events }
    }

    /// Takes an event that is meant for that call; false when nobody has it diverted.
    pub(crate) fn take(&self, call: &str, event: &Event) -> bool {
        let queue = self.0.lock().get(call).cloned();
        queue.is_some_and(|queue| queue.try_send(event.clone()).is_ok())
    }
}

impl Diversion {
    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            // The sender is kept alive by `self.own`.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Diversion {
    fn drop(&mut self) {
        let mut all = self.all.0.lock();
        if all.get(&self.call).is_some_and(|queue| queue.same_channel(&self.own)) {
            all.remove(&self.call);
        }
    }
}
