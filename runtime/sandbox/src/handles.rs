//! How much of what the host holds open for a guest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::ended::EndedBy;
use crate::job::Job;
use crate::profile::Profile;

/// How often in a row a guest may be refused a handle before it ends as `handle-limit`.
///
/// A script that checks what it opens stops at the first; a loop that does not would go on for ever.
pub const REFUSALS: u32 = 1_000;

/// What the host holds open for guests, each kind with a limit of its own.
///
/// A kind is added with what opens it: here, a field in [`Profile`], a line in `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// A file or a folder ([`Profile::files`]).
    File,
    /// A connection to a database ([`Profile::databases`]).
    Database,
    /// A command of the system ([`Profile::commands`]).
    Command,
    /// A call besides the one that is served ([`Profile::calls`]).
    Call,
    /// A queue of events ([`Profile::consumers`]).
    Consumer,
}

impl Handle {
    /// How many kinds there are.
    const KINDS: usize = 5;

    /// What many of it are called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "files",
            Self::Database => "databases",
            Self::Command => "commands",
            Self::Call => "calls",
            Self::Consumer => "consumers",
        }
    }

    fn limit(self, profile: &Profile) -> u32 {
        match self {
            Self::File => profile.files,
            Self::Database => profile.databases,
            Self::Command => profile.commands,
            Self::Call => profile.calls,
            Self::Consumer => profile.consumers,
        }
    }
}

/// More would be open than the profile allows. The guest is told; it can close some and try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many open {}: at most {limit} at the same time", kind.name())]
pub struct LimitReached {
    /// Of what.
    pub kind: Handle,
    /// How many may be open.
    pub limit: u32,
}

/// The counts of a job.
#[derive(Debug, Default)]
pub(crate) struct Open {
    counts: [AtomicU32; Handle::KINDS],
    refused: AtomicU32,
}

impl Open {
    fn count(&self, kind: Handle) -> &AtomicU32 {
        #[expect(clippy::indexing_slicing, reason = "there is a place for each kind")]
        &self.counts[kind as usize]
    }
}

/// Something that is open; closed for the account when dropped, also when the run is ended.
#[derive(Debug)]
pub struct OpenHandle {
    job: Arc<Job>,
    kind: Handle,
}

impl Drop for OpenHandle {
    fn drop(&mut self) {
        self.job.open.count(self.kind).fetch_sub(1, Ordering::Relaxed);
    }
}

impl Job {
    /// Counts a handle that the host is about to open for the guest, until the answer is dropped.
    ///
    /// # Errors
    ///
    /// As many are open as the profile allows: the host function tells the guest. After
    /// [`REFUSALS`] in a row the run ends as `handle-limit`.
    pub fn open(self: &Arc<Self>, kind: Handle) -> Result<OpenHandle, LimitReached> {
        let limit = kind.limit(&self.profile);
        let more = |open: u32| (open < limit).then_some(open + 1);
        if self.open.count(kind).fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
            self.open.refused.store(0, Ordering::Relaxed);
            return Ok(OpenHandle { job: Arc::clone(self), kind });
        }
        if self.open.refused.fetch_add(1, Ordering::Relaxed) >= REFUSALS {
            self.end(EndedBy::HandleLimit { what: kind.name(), limit: limit as usize });
        }
        Err(LimitReached { kind, limit })
    }

    /// How many of a kind are open now.
    #[must_use]
    pub fn opened(&self, kind: Handle) -> u32 {
        self.open.count(kind).load(Ordering::Relaxed)
    }
}
