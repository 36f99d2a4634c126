//! Keys in a bridge, told to whoever made it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::channel::MAX_PENDING_DIGITS;
use crate::operation::Dtmf;
use crate::session::Session;

/// Counts those who hear.
static HEARING: AtomicU64 = AtomicU64::new(0);

/// Keys that somebody has not been told yet.
pub(crate) struct Overheard {
    /// Whose they are.
    id: u64,
    keys: VecDeque<Dtmf>,
}

/// Hears the keys of a bridged call, which go to its partner all the same. Dropped, it hears no more.
#[derive(Debug)]
pub struct Overhearing {
    session: Session,
    id: u64,
}

impl Session {
    /// Begins to tell the keys that go to the partner. At most [`MAX_PENDING_DIGITS`] wait; further ones
    /// are not told. A second one who asks hears nothing while the first does.
    #[must_use]
    pub fn overhear(&self) -> Overhearing {
        let id = HEARING.fetch_add(1, Ordering::Relaxed);
        let mut shared = self.0.shared.lock();
        shared.overheard.get_or_insert_with(|| Box::new(Overheard { id, keys: VecDeque::new() }));
        Overhearing { session: self.clone(), id }
    }

    /// A key goes to the partner.
    pub(super) fn tell_key(&self, key: Dtmf) {
        {
            let mut shared = self.0.shared.lock();
            let Some(Overheard { keys, .. }) = shared.overheard.as_deref_mut() else { return };
            if keys.len() >= MAX_PENDING_DIGITS {
                return;
            }
            keys.push_back(key);
        }
        self.0.notify();
    }
}

impl Overhearing {
    /// The next key. May be dropped and called again: nothing is lost.
    pub async fn next(&self) -> Dtmf {
        let own = |overheard: &&mut Box<Overheard>| overheard.id == self.id;
        let next = |shared: &mut crate::channel::Shared| {
            shared.overheard.as_mut().filter(own)?.keys.pop_front()
        };
        self.session.0.wait_for(next).await
    }
}

impl Drop for Overhearing {
    fn drop(&mut self) {
        let overheard = &mut self.session.0.shared.lock().overheard;
        overheard.take_if(|overheard| overheard.id == self.id);
    }
}
