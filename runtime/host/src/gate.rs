//! Whether the scripts of a module are started, and how many run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// Lets runs in until it is closed, and knows when the last one is gone.
#[derive(Debug)]
pub(crate) struct Gate {
    open: AtomicBool,
    running: watch::Sender<usize>,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { open: AtomicBool::new(true), running: watch::Sender::new(0) })
    }

    /// Counts a run until the answer is dropped; none when the gate is closed.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Inside> {
        // Counted first: whoever closes the gate sees each run that found it open.
        self.running.send_modify(|running| *running += 1);
        let inside = Inside(Arc::clone(self));
        self.open.load(Ordering::SeqCst).then_some(inside)
    }

    pub(crate) fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    pub(crate) fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Waits until nothing runs.
    pub(crate) async fn empty(&self) {
        // The sender is this gate's own and lives on.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }
}

/// A run that was let in.
#[derive(Debug)]
pub(crate) struct Inside(Arc<Gate>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_gate_empties() {
        let gate = Gate::new();
        let (first, second) = (gate.enter(), gate.enter());
        assert_eq!((first.is_some(), gate.running()), (true, 2));
        gate.close();
        assert!(gate.enter().is_none());
        assert_eq!(gate.running(), 2);
        let emptied = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.empty().await }
        });
        drop((first, second));
        assert!(emptied.await.is_ok());
        gate.open();
        assert!(gate.enter().is_some());
    }
}
