//! What one run keeps on the server's side.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ringfence_sandbox::{Job, State};
use ringfence_switch::{Authority, Session, Switch};

use crate::{entry::Entry, gate::Inside, trace::Trace, versions::Pinned};

/// The longest text that a guest may hand over where nothing else is said, in bytes.
///
/// Longer than any dialplan data that FreeSWITCH takes; it bounds what one host call makes the
/// switch keep.
pub(crate) const MAX_TEXT: usize = 64 << 10;

/// Lent to a run; comes back at its end, also when it was killed.
pub(crate) struct Host {
    /// The server; none when a script is only compiled, which calls nothing.
    pub(crate) switch: Option<Switch>,
    /// The call that the script serves.
    pub(crate) session: Option<Session>,
    /// `setAutoHangup`.
    pub(crate) auto_hangup: bool,
    /// What goes to whoever ran the command; none when nobody reads it.
    pub(crate) output: Option<Vec<u8>>,
    pub(crate) trace: Option<Arc<dyn Trace>>,
    /// What it was started for, and answers.
    pub(crate) entry: Entry,
    /// What `require` finds; none for what is no Lua, and for compiling.
    pub(crate) version: Option<Pinned>,
    /// What its profile permits; none permits everything.
    pub(crate) authority: Option<Arc<Authority>>,
    /// How long a database may take for a statement; none is no limit.
    pub(crate) statement: Option<Duration>,
    /// How long a command of the system may take; none is the server's own limit.
    pub(crate) command_time: Option<Duration>,
    /// How often it was refused, and may be.
    pub(crate) refused: u32,
    pub(crate) refusals: Option<u32>,
    /// Which files it was kept from, as the log was told.
    pub(crate) denied: BTreeSet<String>,
    /// Counts the run for its module, until what was lent is dropped.
    pub(crate) _inside: Option<Inside>,
}

impl Host {
    /// Nothing: for compiling a script.
    pub(crate) fn nothing() -> Self {
        Self {
            switch: None,
            session: None,
            auto_hangup: false,
            output: None,
            trace: None,
            entry: Entry::default(),
            version: None,
            authority: None,
            statement: None,
            command_time: None,
            refused: 0,
            refusals: None,
            denied: BTreeSet::new(),
            _inside: None,
        }
    }

    /// The server.
    pub(crate) fn switch(&self) -> wasmtime::Result<&Switch> {
        self.switch.as_ref().ok_or_else(|| wasmtime::format_err!("only compiling: nothing to call"))
    }

    /// Tells the trace, if there is one, about a call of the script. The text is not made otherwise.
    pub(crate) fn tell(&self, job: &Job, call: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            trace.called(job.place().as_ref(), &call());
        }
    }
}

/// Tells the trace what a command answered that failed: scripts rarely look.
pub(crate) fn tell_answer(state: &State<Host>, command: &str, output: &str) {
    if let Some(trace) = &state.host.trace
        && let Some(line) = output.lines().next()
        && ["-ERR", "-USAGE", "INVALID COMMAND"].iter().any(|failed| line.starts_with(failed))
    {
        trace.logged(state.job().place().as_ref(), "INFO", &format!("{command}: {line}"));
    }
}

/// Tells the trace about a call of this run.
pub(crate) fn tell(state: &State<Host>, call: impl FnOnce() -> String) {
    state.host.tell(state.job(), call);
}
