//! What a script may not do: told to it as an error, and in the end the end of it.

use std::sync::Arc;

use ringfence_sandbox::{End, State};
use ringfence_switch::command::UnknownCommand;
use tracing::field::display;

use crate::{
    bindings::ringfence::call::types::Failure,
    entry::asked,
    host::{Host, tell},
    launch::within,
};

/// How a run is called that went on trying what it may not do.
const REFUSED_LIMIT: &str = "refused-limit";

/// Refusals of one run that are logged, and files; its errors tell of the others.
const LOGGED: u32 = 20;

/// Does something that waits for a script: on its authority, and so that what it starts is known to be
/// started by it.
pub(crate) fn acting<W: Future>(
    state: &State<Host>,
    work: W,
) -> impl Future<Output = W::Output> + use<W> {
    // The state itself is not held while the work waits.
    let (job, authority) = (Arc::clone(state.job()), state.host.authority.clone());
    let asking = state.host.entry.asking;
    async move {
        let work = asked(asking, within(&job, work));
        match authority {
            Some(authority) => authority.under(work).await,
            None => work.await,
        }
    }
}

/// The same for what does not wait.
pub(crate) fn acting_now<T>(state: &State<Host>, work: impl FnOnce() -> T) -> T {
    match &state.host.authority {
        Some(authority) => authority.under_now(work),
        None => work(),
    }
}

/// The answer to a host call, or what was refused meanwhile, wherever that was.
///
/// # Errors
///
/// The script was refused more often than its profile allows: `refused-limit`.
pub(crate) fn answered<T>(
    state: &mut State<Host>,
    answer: Result<T, Failure>,
) -> wasmtime::Result<Result<T, Failure>> {
    let refusal = state.host.authority.as_ref().and_then(|authority| authority.take_refusal());
    let Some(text) = refusal else {
        // Refused by something else than the profile: an application within too many.
        return Ok(answer.map_err(|failure| match failure {
            Failure::Refused(text) => Failure::Failed(text),
            failure => failure,
        }));
    };
    state.host.refused = state.host.refused.saturating_add(1);
    if state.host.refused <= LOGGED {
        warn(state, &text);
    }
    if let Some(limit) = state.host.refusals
        && state.host.refused > limit
    {
        let message = format!("it went on after {limit} refusals; the last: {text}");
        return Err(End::new(REFUSED_LIMIT, message).into());
    }
    Ok(Err(Failure::Refused(text)))
}

/// Logs that a file is kept from the script, and tells an offline run: each once, however often it tries.
///
/// That counts for no limit: looking whether a file is there is no attack.
pub(crate) fn note_denied(state: &mut State<Host>, text: &str) {
    if once(state, text) {
        tell(state, || text.to_owned());
    }
}

/// What FreeSWITCH answers to a command that is not there, as when its module is not loaded; the log has
/// each name once.
pub(crate) fn unknown(state: &mut State<Host>, missing: &UnknownCommand) -> String {
    once(state, &format!("api:execute: {missing}"));
    "INVALID COMMAND!\n".to_owned()
}

/// Warns of it when the run was not warned before, nor too often of other things.
fn once(state: &mut State<Host>, text: &str) -> bool {
    let denied = &mut state.host.denied;
    let new = denied.len() < LOGGED as usize && denied.insert(text.to_owned());
    if new {
        warn(state, text);
    }
    new
}

/// Warns of something that a script does, with its line.
pub(crate) fn warn(state: &State<Host>, text: &str) {
    let job = state.job();
    let (call, at) = (job.call().map(display), job.place().map(display));
    tracing::warn!(call, script = job.script(), at, "{text}");
}
